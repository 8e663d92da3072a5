import base64
from collections import Counter
from datetime import timedelta

import pytest
from authkit.checks import check_deployment, check_settings, check_signing
from django.core.checks import registry
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

GOOD_KEY = "k" * 64
KEY = base64.b64encode(b"\xfb\xff" * 16).decode()
URL_SAFE_KEY = base64.urlsafe_b64encode(b"\xfb\xff" * 16).decode()


def found(settings):
    """Every message of ours under these settings, as (id, text, hint)."""
    with override_settings(**settings):
        messages = [*check_settings(), *check_signing(), *check_deployment()]
    return [(message.id, message.msg, message.hint) for message in messages]


def ids(settings):
    return [message[0] for message in found(settings)]


RIGHT = {
    "nothing": {},
    "empty": {"AUTHKIT": {}, "SIMPLE_JWT": {}},
    "lifetime": {"AUTHKIT": {"SESSION_ABSOLUTE_LIFETIME": timedelta(microseconds=1)}},
    "no grace": {"AUTHKIT": {"REFRESH_GRACE_SECONDS": 0}},
    "longest grace": {"AUTHKIT": {"REFRESH_GRACE_SECONDS": 60}},
    "brand": {"AUTHKIT": {"API_KEY_BRAND": "acme-live-000000"}},
    "access lifetime": {"SIMPLE_JWT": {"ACCESS_TOKEN_LIFETIME": timedelta(seconds=1)}},
    "refresh lifetime": {"SIMPLE_JWT": {"REFRESH_TOKEN_LIFETIME": timedelta(days=1)}},
    "key of 32 bytes": {"SIMPLE_JWT": {"SIGNING_KEY": "k" * 32}},
    "key as bytes": {"SIMPLE_JWT": {"SIGNING_KEY": b"k" * 32}},
    "key of 16 letters of 2 bytes": {"SIMPLE_JWT": {"SIGNING_KEY": "\xe4" * 16}},
    "HS512": {"SIMPLE_JWT": {"ALGORITHM": "HS512", "SIGNING_KEY": GOOD_KEY}},
    "short SECRET_KEY that signs nothing": {
        "SECRET_KEY": "x",
        "SIMPLE_JWT": {"SIGNING_KEY": GOOD_KEY},
    },
    "insecure SECRET_KEY that signs nothing": {
        "SECRET_KEY": "django-insecure-" + "x" * 50,
        "SIMPLE_JWT": {"SIGNING_KEY": GOOD_KEY},
    },
    "a ring of keys": {"AUTHKIT": {"ENCRYPTION_KEYS": {"new-1": KEY, "old_0": URL_SAFE_KEY}}},
    "no ring": {"AUTHKIT": {"ENCRYPTION_KEYS": {}}},
    "factor for staff": {"AUTHKIT": {"SECOND_FACTOR_REQUIRED": "staff"}},
    "factor for all": {"AUTHKIT": {"SECOND_FACTOR_REQUIRED": "all"}},
    "factor for nobody": {"AUTHKIT": {"SECOND_FACTOR_REQUIRED": None}},
    "factor by callable": {"AUTHKIT": {"SECOND_FACTOR_REQUIRED": bool}},
    "factor by path": {"AUTHKIT": {"SECOND_FACTOR_REQUIRED": "builtins.bool"}},
    "asymmetric": {"SIMPLE_JWT": {"ALGORITHM": "RS256", "SIGNING_KEY": "short"}},
}


@pytest.mark.parametrize("settings", RIGHT.values(), ids=RIGHT)
def test_right_settings_are_passed_in_silence(settings):
    assert found(settings) == []


WRONG = {
    "a list": ({"AUTHKIT": []}, "authkit.E001"),
    "None": ({"AUTHKIT": None}, "authkit.E001"),
    "a set": ({"AUTHKIT": {"API_KEY_BRAND"}}, "authkit.E001"),
    "unknown key": ({"AUTHKIT": {"BRAND": "x"}}, "authkit.E002"),
    "lower case": ({"AUTHKIT": {"api_key_brand": "x"}}, "authkit.E002"),
    "a key that is no string": ({"AUTHKIT": {1: 2}}, "authkit.E002"),
    "a helper of the class": ({"AUTHKIT": {"user_settings": {}}}, "authkit.E002"),
    "lifetime in days": ({"AUTHKIT": {"SESSION_ABSOLUTE_LIFETIME": 30}}, "authkit.E003"),
    "no lifetime": ({"AUTHKIT": {"SESSION_ABSOLUTE_LIFETIME": timedelta(0)}}, "authkit.E003"),
    "lifetime None": ({"AUTHKIT": {"SESSION_ABSOLUTE_LIFETIME": None}}, "authkit.E003"),
    "grace of 61": ({"AUTHKIT": {"REFRESH_GRACE_SECONDS": 61}}, "authkit.E003"),
    "grace below 0": ({"AUTHKIT": {"REFRESH_GRACE_SECONDS": -1}}, "authkit.E003"),
    "grace True": ({"AUTHKIT": {"REFRESH_GRACE_SECONDS": True}}, "authkit.E003"),
    "grace 1.5": ({"AUTHKIT": {"REFRESH_GRACE_SECONDS": 1.5}}, "authkit.E003"),
    "grace as timedelta": (
        {"AUTHKIT": {"REFRESH_GRACE_SECONDS": timedelta(seconds=1)}},
        "authkit.E003",
    ),
    "empty brand": ({"AUTHKIT": {"API_KEY_BRAND": ""}}, "authkit.E003"),
    "brand with _": ({"AUTHKIT": {"API_KEY_BRAND": "a_b"}}, "authkit.E003"),
    "brand in upper case": ({"AUTHKIT": {"API_KEY_BRAND": "ACME"}}, "authkit.E003"),
    "brand with a line end": ({"AUTHKIT": {"API_KEY_BRAND": "ak\n"}}, "authkit.E003"),
    "brand of 17": ({"AUTHKIT": {"API_KEY_BRAND": "a" * 17}}, "authkit.E003"),
    "brand as bytes": ({"AUTHKIT": {"API_KEY_BRAND": b"ak"}}, "authkit.E003"),
    "keys in a list": ({"AUTHKIT": {"ENCRYPTION_KEYS": ["x"]}}, "authkit.E003"),
    "a key as a string": ({"AUTHKIT": {"ENCRYPTION_KEYS": KEY}}, "authkit.E003"),
    "a key that is no Base64": ({"AUTHKIT": {"ENCRYPTION_KEYS": {"1": "!" * 44}}}, "authkit.E003"),
    "a key of 16 bytes": ({"AUTHKIT": {"ENCRYPTION_KEYS": {"1": KEY[:24]}}}, "authkit.E003"),
    "a key as bytes": ({"AUTHKIT": {"ENCRYPTION_KEYS": {"1": KEY.encode()}}}, "authkit.E003"),
    "a key that is None": ({"AUTHKIT": {"ENCRYPTION_KEYS": {"1": None}}}, "authkit.E003"),
    "an id with a point": ({"AUTHKIT": {"ENCRYPTION_KEYS": {"a.b": KEY}}}, "authkit.E003"),
    "an empty id": ({"AUTHKIT": {"ENCRYPTION_KEYS": {"": KEY}}}, "authkit.E003"),
    "an id of 33 letters": ({"AUTHKIT": {"ENCRYPTION_KEYS": {"a" * 33: KEY}}}, "authkit.E003"),
    "an id with a line end": ({"AUTHKIT": {"ENCRYPTION_KEYS": {"a\n": KEY}}}, "authkit.E003"),
    "an id that is a number": ({"AUTHKIT": {"ENCRYPTION_KEYS": {1: KEY}}}, "authkit.E003"),
    "one bad key of two": ({"AUTHKIT": {"ENCRYPTION_KEYS": {"1": KEY, "2": "x"}}}, "authkit.E003"),
    "factor for everybody": ({"AUTHKIT": {"SECOND_FACTOR_REQUIRED": "everybody"}}, "authkit.E003"),
    "factor True": ({"AUTHKIT": {"SECOND_FACTOR_REQUIRED": True}}, "authkit.E003"),
    "factor by a path of nothing": (
        {"AUTHKIT": {"SECOND_FACTOR_REQUIRED": "no.such.thing"}},
        "authkit.E003",
    ),
    "factor by a path of a constant": (
        {"AUTHKIT": {"SECOND_FACTOR_REQUIRED": "string.digits"}},
        "authkit.E003",
    ),
    "factor for a list": ({"AUTHKIT": {"SECOND_FACTOR_REQUIRED": ["staff"]}}, "authkit.E003"),
    "factor for an empty name": ({"AUTHKIT": {"SECOND_FACTOR_REQUIRED": ""}}, "authkit.E003"),
    "SIMPLE_JWT key": ({"SIMPLE_JWT": {"ACCESS_LIFETIME": 5}}, "authkit.E004"),
    "access in minutes": ({"SIMPLE_JWT": {"ACCESS_TOKEN_LIFETIME": 5}}, "authkit.E005"),
    "refresh of nothing": (
        {"SIMPLE_JWT": {"REFRESH_TOKEN_LIFETIME": timedelta(0)}},
        "authkit.E005",
    ),
    "31 bytes": ({"SIMPLE_JWT": {"SIGNING_KEY": "k" * 31}}, "authkit.E006"),
    "short SECRET_KEY": ({"SECRET_KEY": "x" * 20}, "authkit.E006"),
    "HS384 with 47": (
        {"SIMPLE_JWT": {"ALGORITHM": "HS384", "SIGNING_KEY": "k" * 47}},
        "authkit.E006",
    ),
    "HS512 with 63": (
        {"SIMPLE_JWT": {"ALGORITHM": "HS512", "SIGNING_KEY": b"k" * 63}},
        "authkit.E006",
    ),
    "startproject's key": ({"SECRET_KEY": "django-insecure-" + "x" * 50}, "authkit.W001"),
    "startproject's key for tokens": (
        {"SIMPLE_JWT": {"SIGNING_KEY": "django-insecure-" + "x" * 50}},
        "authkit.W001",
    ),
}


@pytest.mark.parametrize(("settings", "check_id"), WRONG.values(), ids=WRONG)
def test_wrong_settings_are_answered_with_one_numbered_sentence(settings, check_id):
    [(found_id, text, hint)] = found(settings)
    assert found_id == check_id
    assert text.endswith(".")
    assert hint


def test_every_id_has_a_wrong_setting_here():
    assert {check_id for _, check_id in WRONG.values()} == {
        *(f"authkit.E00{number}" for number in range(1, 7)),
        "authkit.W001",
    }


@pytest.mark.parametrize(
    ("settings", "guess"),
    [
        ({"AUTHKIT": {"API_KEY_BRANDS": "x"}}, "Did you mean 'API_KEY_BRAND'?"),
        ({"AUTHKIT": {"REFRESH_GRACE": 1}}, "Did you mean 'REFRESH_GRACE_SECONDS'?"),
        ({"AUTHKIT": {"ABSOLUTE_LIFETIME": 1}}, "Did you mean 'SESSION_ABSOLUTE_LIFETIME'?"),
        ({"SIMPLE_JWT": {"ACCES_TOKEN_LIFETIME": 1}}, "Did you mean 'ACCESS_TOKEN_LIFETIME'?"),
        ({"SIMPLE_JWT": {"SIGNINGKEY": "x"}}, "Did you mean 'SIGNING_KEY'?"),
    ],
    ids=str,
)
def test_a_slip_of_the_keyboard_is_answered_with_a_guess(settings, guess):
    assert found(settings)[0][2] == guess


def test_an_unknown_key_that_is_like_no_other_is_answered_with_the_list():
    [(_, text, hint)] = found({"AUTHKIT": {"zzz": 1}})
    assert text == "AUTHKIT has no setting 'zzz'."
    assert hint.startswith("Known are: API_KEY_BRAND, ")


def test_several_mistakes_are_all_named():
    settings = {
        "AUTHKIT": {"X": 1, "Y": 2, "API_KEY_BRAND": ""},
        "SIMPLE_JWT": {"Z": 3, "ACCESS_TOKEN_LIFETIME": 5, "REFRESH_TOKEN_LIFETIME": 5},
        "SECRET_KEY": "django-insecure-",
    }
    assert Counter(ids(settings)) == {
        "authkit.E002": 2,
        "authkit.E003": 1,
        "authkit.E004": 1,
        "authkit.E005": 2,
        "authkit.E006": 1,
        "authkit.W001": 1,
    }


@pytest.mark.parametrize("value", [None, []], ids=repr)
def test_a_simple_jwt_that_is_no_dict_is_a_sentence_and_no_traceback(value):
    assert ids({"SIMPLE_JWT": value})


@pytest.mark.parametrize("ring", [{"1": KEY, "2": "x"}, {"1": KEY[:-4]}, [KEY], {"a.b": KEY}])
def test_no_message_shows_a_key_of_the_ring(ring):
    messages = str(found({"AUTHKIT": {"ENCRYPTION_KEYS": ring}}))
    assert "authkit.E003" in messages
    assert KEY[:20] not in messages


def test_no_message_shows_the_key():
    secret = "django-insecure-0123456789"
    assert not any(secret in str(message) for message in found({"SECRET_KEY": secret}))


@pytest.mark.parametrize(
    ("settings", "check_id"),
    [
        ({"AUTHKIT": []}, "authkit.E001"),
        ({"AUTHKIT": {"X": 1}}, "authkit.E002"),
        ({"SIMPLE_JWT": {"X": 1}}, "authkit.E004"),
    ],
)
@pytest.mark.django_db
def test_manage_py_check_runs_our_checks(settings, check_id):
    with override_settings(**settings), pytest.raises(SystemCheckError, match=check_id):
        call_command("check")


@pytest.mark.django_db
def test_only_check_deploy_looks_at_the_deployment(capsys):
    with override_settings(SECRET_KEY="django-insecure-" + "x" * 50):
        call_command("check")
        assert "authkit" not in "".join(capsys.readouterr())
        call_command("check", deploy=True)
        assert "authkit.W001" in capsys.readouterr().err


def test_each_check_is_registered_once():
    modules = [
        check for check in registry.registry.get_checks(True) if "authkit" in check.__module__
    ]
    assert len(modules) == 4
