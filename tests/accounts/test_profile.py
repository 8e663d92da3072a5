"""``me/``: what people see of themselves, and the little of it that they change."""

import json

import pytest
from authkit.accounts.serializers import ProfileSerializer
from authkit.models import APIKey, Session
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import override_settings
from rest_framework import serializers

from tests.conftest import AUTH, PASSWORD, bearer
from tests.sessions.answers import (
    CHALLENGE,
    NOT_AUTHENTICATED,
    assert_refused,
    assert_session_lives,
)

pytestmark = pytest.mark.django_db

ME = AUTH + "me/"
USER = get_user_model()
COLUMNS = {field.name for field in USER._meta.get_fields()}
OURS = {"first_name", "last_name"} & COLUMNS
IDENTIFIERS = [
    name
    for name in dict.fromkeys([USER.USERNAME_FIELD, USER.get_email_field_name()])
    if name in COLUMNS
]


def row(user):
    """Every column of a user, and who they belong together with."""
    stored = USER.objects.get(pk=user.pk)
    columns = {
        field.attname: getattr(stored, field.attname) for field in USER._meta.concrete_fields
    }
    groups = set(stored.groups.values_list("pk", flat=True))
    rights = set(stored.user_permissions.values_list("pk", flat=True))
    return {**columns, "groups": groups, "user_permissions": rights}


def patch(client, access, body):
    return client.patch(ME, body, format="json", **bearer(access))


def test_it_shows_who_one_is_and_nothing_that_is_secret(client, user):
    pair = client.pair(user)
    answer = client.get(ME, **bearer(pair["access"]))
    expected = {"id": user.pk if isinstance(user.pk, int) else str(user.pk)}
    expected |= {name: getattr(user, name) for name in IDENTIFIERS}
    expected |= dict.fromkeys(OURS, "")
    assert (answer.status_code, answer.json()) == (200, expected)
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.names
def test_it_changes_what_is_declared_and_no_other_column(client, user, security_log):
    pair = client.pair(user)
    # Another request changes the same row after this request has read it.
    before = row(user)
    answer = patch(client, pair["access"], {"first_name": "  Ann\u0301 "})
    assert answer.status_code == 200
    assert answer.json()["first_name"] == "  Ann\u0301 "
    assert row(user) == before | {"first_name": "  Ann\u0301 "}
    assert_session_lives(client, pair)
    [(level, facts)] = security_log("profile_changed")
    assert (level, facts["changed"]) == ("INFO", ["first_name"])


@pytest.mark.names
def test_a_change_undoes_nothing_that_happens_beside_it(client, user, monkeypatch):
    pair = client.pair(user)
    original = ProfileSerializer.update

    def update(self, instance, changes):
        USER.objects.filter(pk=user.pk).update(is_active=False, is_staff=False, last_name="Else")
        return original(self, instance, changes)

    USER.objects.filter(pk=user.pk).update(is_staff=True)
    monkeypatch.setattr(ProfileSerializer, "update", update)
    assert patch(client, pair["access"], {"first_name": "Ann"}).status_code == 200
    stored = row(user)
    assert (stored["first_name"], stored["last_name"]) == ("Ann", "Else")
    assert (stored["is_active"], stored["is_staff"]) == (False, False)


def test_an_empty_change_changes_nothing(client, user):
    pair = client.pair(user)
    before = row(user)
    assert patch(client, pair["access"], {}).status_code == 200
    assert row(user) == before


def every_name():
    """Everything that the user model, its managers and our own models call something."""
    names = {field.name for field in USER._meta.get_fields()}
    names |= {getattr(field, "attname", field.name) for field in USER._meta.get_fields()}
    names |= {
        field.get_accessor_name() or field.name
        for field in USER._meta.get_fields()
        if field.auto_created and not field.concrete
    }
    names |= {"pk", "id", "_password", "new_password", "role", "tenant", "email_verified"}
    names |= {
        "mfa_enabled",
        "totp",
        "recovery_codes",
        "sessions",
        "api_keys",
        "_state",
        "__class__",
    }
    for model in (Session, APIKey):
        names |= {field.name for field in model._meta.get_fields()} - OURS
    return sorted(names - OURS)


@pytest.mark.parametrize("name", every_name())
def test_nothing_else_can_be_set(client, user, name):
    assert_refused_by_name(client, user, name, True, 1, "x", None, [], [1], {})


SPELLINGS = [
    "IS_STAFF",
    "isStaff",
    "is-staff",
    "is_staff[]",
    "is_staff[0]",
    "groups[0]",
    "groups.0",
    "groups__name",
    "user.is_staff",
    "user[is_staff]",
    "is_staff ",
    " is_staff",
    "is_staff\0",
    "is_sta\ufb00",
    "\uff49s_staff",
    "is_staff\u200b",
    "first_name__gt",
    "First_name",
    "",
    "__proto__",
    "constructor",
]


@pytest.mark.parametrize("name", SPELLINGS, ids=repr)
def test_no_other_spelling_sets_it_either(client, user, name):
    assert_refused_by_name(client, user, name, True)


def assert_refused_by_name(client, user, name, *values):
    pair = client.pair(user)
    before = row(user)
    shown = name.encode("ascii", "backslashreplace").decode()
    for value in values:
        body = json.dumps(dict.fromkeys(OURS, "Changed") | {name: value})
        answer = client.patch(ME, body, content_type="application/json", **bearer(pair["access"]))
        assert answer.status_code == 400
        assert answer.json() == {shown: ["This field does not exist or is read-only."]}
    assert row(user) == before
    assert_session_lives(client, pair)


@pytest.mark.names
@pytest.mark.parametrize(
    "value",
    [
        *[{"is_staff": True}, [{"is_staff": True}], {"create": {"is_staff": True}}, 1, True, None],
        *["x" * 10_001, "nul\0"],
    ],
    ids=lambda value: json.dumps(value)[:30],
)
def test_nothing_goes_in_by_a_declared_field_but_a_text(client, user, value):
    pair = client.pair(user)
    before = row(user)
    body = json.dumps({"first_name": value})
    headers = bearer(pair["access"])
    answer = client.patch(ME, body, content_type="application/json", **headers)
    assert (answer.status_code, list(answer.json())) == (400, ["first_name"])
    assert row(user) == before


@pytest.mark.parametrize("body", [[], "x", 1, None, [{"first_name": "x"}]], ids=json.dumps)
def test_what_is_no_object_is_400(client, user, body):
    access = client.pair(user)["access"]
    answer = client.patch(ME, json.dumps(body), content_type="application/json", **bearer(access))
    assert answer.status_code == 400


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_no_api_key_opens_it(client, user, method):
    _, key = APIKey.objects.create_key(name="robot", owner=user)
    answer = getattr(client, method)(ME, {"password": PASSWORD}, HTTP_X_API_KEY=key)
    assert_refused(answer, NOT_AUTHENTICATED, challenge=CHALLENGE)
    assert USER.objects.filter(pk=user.pk).exists()


@pytest.mark.parametrize("method", ["post", "put"])
def test_it_is_neither_made_nor_replaced(client, user, method):
    access = client.pair(user)["access"]
    answer = getattr(client, method)(ME, {}, format="json", **bearer(access))
    assert answer.status_code == 405


# --- a project's own serializer ------------------------------------------------------------


class Careless(ProfileSerializer):
    """Declares what it should not, under its name and under others."""

    staff = serializers.BooleanField(source="is_staff")
    hashed = serializers.CharField(source="password")
    number = serializers.CharField(source="pk")

    class Meta(ProfileSerializer.Meta):
        fields = [
            *ProfileSerializer.Meta.fields,
            *["staff", "hashed", "number", "is_active", "is_superuser", "groups"],
            *["user_permissions", "authkit_sessions"],
        ]


@override_settings(AUTHKIT={"PROFILE_SERIALIZER": "tests.accounts.test_profile.Careless"})
@pytest.mark.parametrize(
    "name",
    [
        *["staff", "hashed", "number", "is_active", "is_superuser", "groups"],
        *["user_permissions", "authkit_sessions"],
    ],
)
def test_a_projects_serializer_does_not_open_what_is_privileged(client, user, name):
    group = Group.objects.create(name="owners")
    user.user_permissions.add(Permission.objects.first())
    assert_refused_by_name(client, user, name, True, [group.pk], [])


class Choosing(ProfileSerializer):
    first_name = serializers.ChoiceField(["Ann", "Bob"])


@pytest.mark.names
@override_settings(AUTHKIT={"PROFILE_SERIALIZER": "tests.accounts.test_profile.Choosing"})
def test_a_field_of_the_projects_that_quotes_what_was_sent_gets_no_lone_surrogate(client, user):
    headers = bearer(client.pair(user)["access"])
    body = r'{"first_name": "\ud800"}'
    answer = client.patch(ME, body, content_type="application/json", **headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    answer = patch(client, client.pair(user)["access"], {"first_name": "\U0001f511"})
    assert answer.json() == {"first_name": ['"\U0001f511" is not a valid choice.']}


class Shown(ProfileSerializer):
    class Meta(ProfileSerializer.Meta):
        fields = [*ProfileSerializer.Meta.fields, "is_active"]
        read_only_fields = ["first_name"]


class Trimmed(ProfileSerializer):
    class Meta(ProfileSerializer.Meta):
        extra_kwargs = {
            "first_name": {"trim_whitespace": True, "max_length": 5},
            "last_name": {"help_text": "As in your passport."},
        }


@pytest.mark.names
@override_settings(AUTHKIT={"PROFILE_SERIALIZER": "tests.accounts.test_profile.Shown"})
def test_a_project_may_show_a_text_as_read_only(client, user):
    USER.objects.update(first_name="Ann")
    access = client.pair(user)["access"]
    assert client.get(ME, **bearer(access)).json()["first_name"] == "Ann"
    answer = patch(client, access, {"first_name": "Bob"})
    assert (answer.status_code, list(answer.json())) == (400, ["first_name"])
    assert patch(client, access, {"last_name": "Lee"}).json()["last_name"] == "Lee"


@pytest.mark.names
@override_settings(AUTHKIT={"PROFILE_SERIALIZER": "tests.accounts.test_profile.Trimmed"})
def test_a_project_may_have_a_text_stripped(client, user):
    access = client.pair(user)["access"]
    answer = patch(client, access, {"first_name": " Ann\t", "last_name": " Lee "})
    assert answer.status_code == 200
    assert (answer.json()["first_name"], answer.json()["last_name"]) == ("Ann", " Lee ")
    assert patch(client, access, {"first_name": 1}).status_code == 400
    assert patch(client, access, {"first_name": "Annabel"}).status_code == 400
