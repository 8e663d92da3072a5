"""authkit.E027: a replaced serializer that lacks what the view reads."""

import pytest
from authkit import views
from authkit.checks.project.views import check_views
from authkit.serializers import CredentialsSerializer, ProfileSerializer
from django.test import override_settings
from django.urls import include, path
from rest_framework import serializers

OURS = path("auth/", include("authkit.urls"))


class More(CredentialsSerializer):
    card = serializers.CharField()


class WithoutPassword(CredentialsSerializer):
    password = None


class Stripping(CredentialsSerializer):
    password = serializers.CharField()


class WithoutCode(CredentialsSerializer):
    otp = None


class Elsewhere(CredentialsSerializer):
    otp = serializers.CharField(source="code")


class Shown(CredentialsSerializer):
    password = serializers.CharField(read_only=True)


class Unlike(serializers.Serializer):
    card = serializers.CharField()


class Broken(CredentialsSerializer):
    def get_fields(self):
        raise LookupError("no field")


class Urls:
    def __init__(self, *patterns):
        self.urlpatterns = list(patterns)


def found(*patterns):
    with override_settings(ROOT_URLCONF=Urls(*patterns, OURS)):
        return [(message.msg, message.hint) for message in check_views()]


def view(base, serializer, **attributes):
    members = {"__module__": "shop.views", "serializer_class": serializer, **attributes}
    return type("Login", (base,), members).as_view()


@pytest.mark.parametrize(
    ("serializer", "sentence"),
    [
        (WithoutPassword, "has a serializer without the field 'password'."),
        (Stripping, "has a serializer whose field 'password' is no PasswordField."),
        (Elsewhere, "has a serializer without the field 'otp'."),
        (Shown, "has a serializer without the field 'password'."),
        (Broken, "has a serializer whose fields cannot be built: LookupError('no field')."),
        (dict, "has a serializer_class that is no serializer: <class 'dict'>."),
    ],
)
@pytest.mark.user_names
def test_authkit_e027(serializer, sentence):
    for routed in (
        view(views.TokenObtainView, serializer),
        views.TokenObtainView.as_view(serializer_class=serializer),
    ):
        [(said, hint)] = found(path("token/", routed))
        assert said.startswith("'token/' (")
        assert said.endswith(f") {sentence}")
        assert hint == "Write a subclass of authkit.login.serializers.CredentialsSerializer."


def test_a_serializer_with_nothing_in_common_lacks_the_first_field():
    [(said, _)] = found(path("token/", view(views.TokenObtainView, Unlike)))
    assert "without the field" in said


def test_a_serializer_that_a_setting_names_is_replaced_there():
    [(said, hint)] = found(path("me/", view(views.ProfileView, ProfileSerializer)))
    assert said == "'me/' (shop.views.Login) has a serializer_class, which it does not read."
    assert hint.startswith("Write AUTHKIT = {'PROFILE_SERIALIZER': 'authkit.accounts.serializers.")


@pytest.mark.parametrize(
    ("base", "attributes"),
    [
        (views.TokenObtainView, {"serializer_class": More}),
        (views.TokenObtainView, {"serializer_class": CredentialsSerializer}),
        (views.TokenObtainView, {"serializer_class": WithoutCode}),
        # A handler of the project's own may read what it wants.
        (views.TokenObtainView, {"serializer_class": Unlike, "post": lambda self, request: None}),
        (views.PublicView, {"serializer_class": Unlike, "post": lambda self, request: None}),
        (views.OwnerView, {"serializer_class": Unlike}),
        (views.ProfileView, {"serializer_class": None}),
    ],
)
def test_other_views_are_right(base, attributes):
    attributes = dict(attributes)
    serializer = attributes.pop("serializer_class")
    assert found(path("token/", view(base, serializer, **attributes))) == []


def test_our_own_routes_are_right():
    assert found() == []
