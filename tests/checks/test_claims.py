"""authkit.E024 to E026: names of claims, the field of the user's id, and the encoder."""

import json
from decimal import Decimal

import pytest
from authkit.checks.claims import RESERVED, check_claims
from authkit.models import Session
from authkit.sessions.tokens import access_token, refresh_token
from django.contrib.auth import get_user_model
from django.core.serializers.json import DjangoJSONEncoder
from django.test import override_settings
from django.utils.functional import cached_property

from tests.sessions.forge import claims_of

DOTTED = "django.core.serializers.json.DjangoJSONEncoder"


class SortingEncoder(json.JSONEncoder):
    def __init__(self, **kwargs):
        super().__init__(**kwargs | {"sort_keys": True})


def found(**simple_jwt):
    with override_settings(SIMPLE_JWT=simple_jwt):
        return [(message.id, message.msg, message.hint) for message in check_claims()]


@pytest.mark.parametrize(
    "simple_jwt",
    [
        {},
        {"USER_ID_CLAIM": "sub"},
        {"USER_ID_CLAIM": "x" * 64},
        {"TOKEN_TYPE_CLAIM": None, "JTI_CLAIM": None},
        {"TOKEN_TYPE_CLAIM": "jti", "JTI_CLAIM": "token_type"},
        {"USER_ID_FIELD": "id"},
        {"USER_ID_FIELD": get_user_model().USERNAME_FIELD},
        {"JSON_ENCODER": None},
        {"JSON_ENCODER": DjangoJSONEncoder},
        {"JSON_ENCODER": DOTTED},
    ],
    ids=str,
)
def test_right_claims_are_passed_in_silence(simple_jwt):
    assert found(**simple_jwt) == []


# --- E024: names --------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(RESERVED))
@pytest.mark.parametrize("setting", ["USER_ID_CLAIM", "TOKEN_TYPE_CLAIM", "JTI_CLAIM"])
def test_a_claim_that_authkit_writes_is_no_name_for_another(setting, name):
    [(check_id, text, hint)] = found(**{setting: name})
    assert check_id == "authkit.E024"
    assert text == (
        f"SIMPLE_JWT['{setting}'] should be a name of its own, not '{name}', a claim that authkit "
        "writes itself."
    )
    assert hint.startswith("Write ")


@pytest.mark.django_db
def test_every_claim_of_a_token_is_reserved_or_named_by_a_setting(client, user):
    named = {"user_id", "token_type", "jti"}
    client.pair(user)
    session = Session.objects.select_related("user").get()
    with override_settings(SIMPLE_JWT={"ISSUER": "us", "AUDIENCE": "them"}):
        tokens = [access_token(session), refresh_token(session)]
    claims = set().union(*(claims_of(token) for token in tokens))
    assert claims | {"nbf"} == RESERVED | named


@pytest.mark.parametrize(
    ("simple_jwt", "sentence"),
    [
        (
            {"USER_ID_CLAIM": "jti"},
            "SIMPLE_JWT['JTI_CLAIM'] should be a name of its own, not 'jti', that of "
            "USER_ID_CLAIM.",
        ),
        (
            {"TOKEN_TYPE_CLAIM": "user_id"},
            "SIMPLE_JWT['TOKEN_TYPE_CLAIM'] should be a name of its own, not 'user_id', that of "
            "USER_ID_CLAIM.",
        ),
        (
            {"TOKEN_TYPE_CLAIM": "t", "JTI_CLAIM": "t"},
            "SIMPLE_JWT['JTI_CLAIM'] should be a name of its own, not 't', that of "
            "TOKEN_TYPE_CLAIM.",
        ),
        (
            {"JTI_CLAIM": ""},
            "SIMPLE_JWT['JTI_CLAIM'] should be a name of its own, not ''.",
        ),
        (
            {"USER_ID_CLAIM": None},
            "SIMPLE_JWT['USER_ID_CLAIM'] should be a name of its own, not None.",
        ),
        (
            {"USER_ID_CLAIM": ["sub"]},
            "SIMPLE_JWT['USER_ID_CLAIM'] should be a name of its own, not ['sub'].",
        ),
    ],
    ids=str,
)
def test_names_that_are_none_or_twice_there(simple_jwt, sentence):
    [(check_id, text, _)] = found(**simple_jwt)
    assert (check_id, text) == ("authkit.E024", sentence)


# --- E025: the field ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("pkk", "Did you mean 'pk'?"),
        ("passwrod", 'Write "pk", the default.'),
        ("password", 'Write "pk", the default.'),
        ("get_username", None),
        ("objects", 'Write "pk", the default.'),
        ("logentry", None),
        ("", 'Write "pk", the default.'),
        (None, 'Write "pk", the default.'),
        (["id"], None),
    ],
    ids=str,
)
def test_a_field_that_users_do_not_have(field, hint):
    [(check_id, text, said)] = found(USER_ID_FIELD=field)
    assert check_id == "authkit.E025"
    assert text == (
        f"SIMPLE_JWT['USER_ID_FIELD'] should be a field of {get_user_model()._meta.label} that "
        f"may be shown, not {field!r}."
    )
    assert hint in (None, said)


def test_a_misspelt_field_is_answered_with_a_guess():
    name = get_user_model().USERNAME_FIELD
    assert found(USER_ID_FIELD=name[:-1])[0][2] == f"Did you mean '{name}'?"


@pytest.mark.parametrize("kind", [property, cached_property])
def test_a_property_of_the_user_model_is_a_field(monkeypatch, kind):
    urn = kind(lambda user: f"urn:user:{user.pk}")
    monkeypatch.setattr(get_user_model(), "urn", urn, raising=False)
    assert found(USER_ID_FIELD="urn") == []


# --- E026: the encoder --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoder", "start"),
    [
        ("", "SIMPLE_JWT['JSON_ENCODER'] is '', which does not import: ImportError"),
        ("json.Encoder", "SIMPLE_JWT['JSON_ENCODER'] is 'json.Encoder', which does not import: "),
        ("json.dumps", "SIMPLE_JWT['JSON_ENCODER'] should be a subclass of json.JSONEncoder, or"),
        (json.dumps, "SIMPLE_JWT['JSON_ENCODER'] should be a subclass of json.JSONEncoder, or"),
        (json.JSONEncoder(), "SIMPLE_JWT['JSON_ENCODER'] should be a subclass of"),
        (Decimal, "SIMPLE_JWT['JSON_ENCODER'] should be a subclass of json.JSONEncoder, or its"),
        (5, "SIMPLE_JWT['JSON_ENCODER'] should be a subclass of json.JSONEncoder, or its dotted"),
    ],
)
def test_what_encodes_no_token(encoder, start):
    [(check_id, text, hint)] = found(JSON_ENCODER=encoder)
    assert check_id == "authkit.E026"
    assert text.startswith(start)
    assert text.endswith(".")
    assert hint == f'Write "{DOTTED}", or leave it out.'


@pytest.mark.django_db
@pytest.mark.parametrize(
    "encoder", [SortingEncoder, f"{__name__}.SortingEncoder"], ids=["class", "dotted path"]
)
def test_an_encoder_of_the_project_writes_the_tokens(client, user, encoder):
    with override_settings(SIMPLE_JWT={"JSON_ENCODER": encoder}):
        access = client.pair(user)["access"]
        assert client.sessions(access).status_code == 200
    assert list(claims_of(access)) == sorted(claims_of(access))


@pytest.mark.django_db
def test_audiences_in_a_set_are_written_as_a_list(client, user):
    with override_settings(SIMPLE_JWT={"AUDIENCE": {"b", "a"}}):
        access = client.pair(user)["access"]
        assert client.sessions(access).status_code == 200
    assert claims_of(access)["aud"] == ["a", "b"]
