"""Registering that cannot work, and links that others can read."""

import pytest
from authkit.accounts.serializers import ProfileSerializer, RegistrationSerializer
from authkit.checks.accounts import check_links, check_registration
from authkit.checks.settings import check_settings
from django.contrib.auth import get_user_model

USER = get_user_model()
COLUMNS = {field.name for field in USER._meta.get_fields()}
URL = "https://app.example/confirm#token={token}"
HERE = "tests.checks.test_accounts"


class Profile(ProfileSerializer):
    pass


class Asking(RegistrationSerializer):
    class Meta(RegistrationSerializer.Meta):
        fields = [*RegistrationSerializer.Meta.fields, "is_active"]


class BrokenProfile(ProfileSerializer):
    class Meta(ProfileSerializer.Meta):
        fields = [*ProfileSerializer.Meta.fields, "nickname"]


class BrokenRegistration(RegistrationSerializer):
    class Meta(RegistrationSerializer.Meta):
        read_only_fields = "is_active"


def found(check):
    return [(message.id, message.msg) for message in check()]


@pytest.mark.parametrize(
    "configured",
    [
        {},
        {"REGISTRATION": False},
        {"EMAIL_VERIFICATION_URL": URL, "PROFILE_SERIALIZER": f"{HERE}.Profile"},
        {"EMAIL_VERIFICATION_URL": "http://localhost:3000/?t={token}"},
        {"REGISTRATION_SERIALIZER": f"{HERE}.Asking"},
    ],
    ids=str,
)
def test_right_settings_are_silent(settings, configured):
    settings.AUTHKIT = configured
    assert [found(check) for check in (check_settings, check_registration, check_links)] == [[]] * 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("REGISTRATION", value) for value in (1, "yes", None)),
        *(
            ("EMAIL_VERIFICATION_URL", value)
            for value in (
                1,
                "",
                "https://a.example/",
                "/confirm?t={token}",
                "{token}",
                "https://[{token}",
                "https://a.example/{token}/{token}",
                "javascript:alert({token})",
                "https:///{token}",
            )
        ),
        *(
            (name, value)
            for name in ("PROFILE_SERIALIZER", "REGISTRATION_SERIALIZER")
            for value in (None, "", "nowhere.Serializer", "builtins.dict", f"{HERE}.found")
        ),
        ("PROFILE_SERIALIZER", f"{HERE}.Asking"),
        ("REGISTRATION_SERIALIZER", f"{HERE}.Profile"),
    ],
)
def test_authkit_e003(settings, name, value):
    settings.AUTHKIT = {name: value}
    [(check_id, sentence)] = found(check_settings)
    assert check_id == "authkit.E003"
    assert sentence.startswith(f"AUTHKIT['{name}'] should be ")
    assert check_links() == []


@pytest.mark.parametrize(
    ("name", "serializer", "error"),
    [
        ("PROFILE_SERIALIZER", "BrokenProfile", "ImproperlyConfigured("),
        ("REGISTRATION_SERIALIZER", "BrokenRegistration", "TypeError("),
    ],
)
def test_a_serializer_whose_fields_cannot_be_built_is_authkit_e003(
    settings, name, serializer, error
):
    path = f"{HERE}.{serializer}"
    settings.AUTHKIT = {"REGISTRATION": True, "EMAIL_VERIFICATION_URL": URL, name: path}
    [(check_id, sentence)] = found(check_settings)
    assert check_id == "authkit.E003"
    assert sentence.startswith(
        f"AUTHKIT['{name}'] should be a serializer whose fields can be built, not '{path}': {error}"
    )


@pytest.mark.addresses
def test_a_registration_whose_fields_cannot_be_built_is_left_to_another_check(settings):
    path = f"{HERE}.BrokenRegistration"
    settings.AUTHKIT = {"REGISTRATION": True, "EMAIL_VERIFICATION_URL": URL}
    settings.AUTHKIT |= {"REGISTRATION_SERIALIZER": path}
    assert check_registration() == []


def test_authkit_e014(settings, monkeypatch):
    monkeypatch.setattr(USER, "EMAIL_FIELD", "contact", raising=False)
    settings.AUTHKIT = {"REGISTRATION": True, "EMAIL_VERIFICATION_URL": URL}
    assert found(check_registration)[0] == (
        "authkit.E014",
        f"AUTHKIT['REGISTRATION'] needs an e-mail address, and {USER._meta.label} has no field "
        "'contact'.",
    )


@pytest.mark.addresses
def test_authkit_e015(settings):
    settings.AUTHKIT = {"REGISTRATION": True}
    assert found(check_registration) == [
        (
            "authkit.E015",
            "AUTHKIT['REGISTRATION'] needs AUTHKIT['EMAIL_VERIFICATION_URL']: no e-mail "
            "address could be verified.",
        )
    ]


@pytest.mark.addresses
def test_authkit_e016(settings, monkeypatch):
    monkeypatch.setattr(USER, "REQUIRED_FIELDS", ["email", "is_staff"])
    settings.AUTHKIT = {"REGISTRATION": True, "EMAIL_VERIFICATION_URL": URL}
    assert found(check_registration) == [
        (
            "authkit.E016",
            f"REQUIRED_FIELDS of {USER._meta.label} has 'is_staff', and "
            "AUTHKIT['REGISTRATION_SERIALIZER'] does not ask for it.",
        )
    ]
    settings.AUTHKIT = {**settings.AUTHKIT, "REGISTRATION_SERIALIZER": "nowhere.Serializer"}
    assert check_registration() == []


def test_authkit_w015(settings):
    settings.AUTHKIT = {"EMAIL_VERIFICATION_URL": "http://app.example/confirm?token={token}"}
    assert found(check_links) == [
        (
            "authkit.W015",
            "AUTHKIT['EMAIL_VERIFICATION_URL'] is not an https URL: attackers on the network can "
            "read tokens.",
        )
    ]


def test_settings_that_are_no_dict_are_left_to_another_check(settings):
    settings.AUTHKIT = []
    assert check_registration() == check_links() == []
