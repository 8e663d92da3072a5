"""The form of the registration asks for what the project's serializer takes."""

import pytest
from authkit.accounts.serializers import PasswordField, RegistrationSerializer
from django.contrib.auth import get_user_model
from django.core import mail
from rest_framework import serializers

from tests.accounts.calls import EMAIL, body, register
from tests.pages.conftest import AUTHKIT

pytestmark = pytest.mark.addresses

REGISTER = "/account/register/"


def accepted(value):
    if not value:
        raise serializers.ValidationError("Accept them.")


class Asking(RegistrationSerializer):
    """Every kind of field that the form has an input for."""

    nickname = serializers.CharField(max_length=20, label="<b>Nick</b>", help_text="As you like.")
    motto = serializers.CharField(required=False, style={"base_template": "textarea.html"})
    second_email = serializers.EmailField(required=False)
    home_page = serializers.URLField()
    age = serializers.IntegerField(min_value=18)
    height = serializers.DecimalField(max_digits=3, decimal_places=2)
    born_on = serializers.DateField()
    wakes_at = serializers.TimeField()
    meets_at = serializers.DateTimeField()
    plan = serializers.ChoiceField([("free", "Free of charge"), (1000, "For 1,000 seats")])
    password_again = PasswordField(label="Password again")
    newsletter = serializers.BooleanField(default=False)
    accept_terms = serializers.BooleanField(label="I accept the terms", validators=[accepted])

    class Meta(RegistrationSerializer.Meta):
        fields = [
            *RegistrationSerializer.Meta.fields,
            "nickname",
            "motto",
            "second_email",
            "home_page",
            "age",
            "height",
            "born_on",
            "wakes_at",
            "meets_at",
            "plan",
            "password_again",
            "newsletter",
            "accept_terms",
        ]


class Inner(serializers.Serializer):
    street = serializers.CharField()


class AskingMore(RegistrationSerializer):
    """What no input can send as the endpoint takes it, and what users do not send."""

    tags = serializers.ListField(child=serializers.CharField(), required=False)
    colours = serializers.MultipleChoiceField(choices=["red", "green"], required=False)
    home = Inner(required=False)
    photo = serializers.FileField(required=False)
    extra = serializers.JSONField(required=False)
    friend = serializers.PrimaryKeyRelatedField(
        queryset=get_user_model().objects.all(), required=False
    )
    source = serializers.HiddenField(default="form")
    number = serializers.CharField(read_only=True)
    city = serializers.CharField(required=False)

    class Meta(RegistrationSerializer.Meta):
        fields = [
            *RegistrationSerializer.Meta.fields,
            "tags",
            "colours",
            "home",
            "photo",
            "extra",
            "friend",
            "source",
            "number",
            "city",
        ]


@pytest.fixture
def asking(settings):
    settings.AUTHKIT = {**AUTHKIT, "REGISTRATION_SERIALIZER": f"{__name__}.Asking"}


@pytest.fixture
def form(asking, browse):
    return browse(REGISTER)


def controls_of(answer):
    """Return name and attributes of each element that sends a value, by what it sends it under."""
    controls = answer.elements.named("input", "select", "textarea")
    return {each["name"]: (name, each) for name, each, _ in controls}


def text_of(answer, **attributes):
    """Return the text of the one element with these attributes."""
    [text] = [text for _, each, text in answer.elements.found if attributes.items() <= each.items()]
    return "".join(text)


def test_the_form_asks_for_every_field_the_password_before_those_of_the_project(form):
    model = get_user_model()
    ours = [*dict.fromkeys([model.USERNAME_FIELD, EMAIL]), "password"]
    declared = [name for name in Asking.Meta.fields if name not in ours]
    assert [*controls_of(form)] == [*ours, *declared]


def test_each_field_is_asked_for_by_its_type(form):
    types = {
        name: attributes.get("type", element)
        for name, (element, attributes) in controls_of(form).items()
    }
    assert {name: types[name] for name in Asking.Meta.fields[-13:]} == {
        "nickname": "text",
        "motto": "textarea",
        "second_email": "email",
        "home_page": "url",
        "age": "text",
        "height": "text",
        "born_on": "date",
        "wakes_at": "time",
        "meets_at": "datetime-local",
        "plan": "select",
        "password_again": "password",
        "newsletter": "checkbox",
        "accept_terms": "checkbox",
    }


def test_a_field_has_its_label_help_length_and_a_place_for_errors(form):
    _, nickname = controls_of(form)["nickname"]
    assert nickname["maxlength"] == "20"
    assert text_of(form, **{"for": nickname["id"]}) == "<b>Nick</b>"
    error, help_text = nickname["aria-describedby"].split()
    assert error == f"{nickname['id']}-error"
    assert text_of(form, id=help_text) == "As you like."
    for _, attributes in controls_of(form).values():
        assert text_of(form, id=f"{attributes['id']}-error") == ""


def test_a_field_that_may_be_left_out_says_so(form):
    controls = controls_of(form)
    required = {name for name, (_, attributes) in controls.items() if "required" in attributes}
    # A box has two states, and both are sent.
    assert set(controls) - required == {"motto", "second_email", "newsletter", "accept_terms"}
    assert text_of(form, **{"for": controls["motto"][1]["id"]}) == "Motto (optional)"


def test_a_choice_is_not_made_beforehand(form):
    options = form.elements.named("option")
    assert [(each["value"], "".join(text)) for _, each, text in options] == [
        ("", ""),
        ("free", "Free of charge"),
        ("1000", "For 1,000 seats"),
    ]


@pytest.mark.django_db(transaction=True)
def test_what_the_form_sends_is_what_the_endpoint_takes(form, client, mailers):
    by_type = {
        "text": "18",
        "textarea": "Ever on",
        "email": "second@example.com",
        "url": "https://example.com/",
        "date": "2000-02-29",
        "time": "06:30",
        "datetime-local": "2099-12-31T23:59",
        "password": "any of them",
        "checkbox": True,
    }
    given = {
        name: by_type.get(attributes.get("type", element), "1000")
        for name, (element, attributes) in controls_of(form).items()
    }
    given = {**given, **body("new@example.com"), "height": "1.80"}
    answer = register(client, "new@example.com", **given)
    assert answer.status_code == 202, answer.content
    assert [message.to for message in mail.outbox] == [["new@example.com"]]
    answer = register(client, "other@example.com", **{**given, "accept_terms": False})
    assert answer.json() == {"accept_terms": ["Accept them."]}


def test_kinds_that_no_input_has_are_left_out(browse, settings):
    settings.AUTHKIT = {**AUTHKIT, "REGISTRATION_SERIALIZER": f"{__name__}.AskingMore"}
    declared = {*AskingMore.Meta.fields, "password"}
    left_out = {"tags", "colours", "home", "photo", "extra", "friend", "source", "number"}
    assert set(controls_of(browse(REGISTER))) == declared - left_out
