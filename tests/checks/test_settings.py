import base64
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from authkit.checks.deployment import check_deployment
from authkit.checks.settings import check_settings
from authkit.checks.signing import check_secrecy, check_signing
from authkit.schema.hooks import postprocess_schema, postprocess_schema_security
from authkit.signing import simple_jwt
from authkit.signing.simple_jwt import UNUSED
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.checks import registry, run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings
from django.utils.translation import gettext_lazy
from rest_framework_simplejwt.settings import DEFAULTS

USERNAME_FIELD = get_user_model().USERNAME_FIELD

GOOD_KEY = "k" * 64
KEY = base64.b64encode(b"\xfb\xff" * 16).decode()
URL_SAFE_KEY = base64.urlsafe_b64encode(b"\xfb\xff" * 16).decode()


def key_pair(private):
    """Return a private and a public key, made for this run, as the text of PEM files."""
    kept = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return kept.decode(), shown.decode()


RSA = key_pair(rsa.generate_private_key(65537, 2048))
EC, OTHER_EC = (key_pair(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))


def pair_for(algorithm, pair):
    return {"ALGORITHM": algorithm, "SIGNING_KEY": pair[0], "VERIFYING_KEY": pair[1]}


def found(settings):
    """Every message of ours under these settings, as (id, text, hint)."""
    with override_settings(**settings):
        messages = [*check_settings(), *check_signing(), *check_secrecy(), *check_deployment()]
    return [(message.id, message.msg, message.hint) for message in messages]


def ids(settings):
    return [message[0] for message in found(settings)]


RIGHT = {
    "nothing": {},
    "empty": {"AUTHKIT": {}, "SIMPLE_JWT": {}},
    "no name": {"AUTHKIT": {"SITE_NAME": None}},
    "a name in any script": {"AUTHKIT": {"SITE_NAME": "Käse & Co: \u56fe\u4e66\u9986"}},
    "a name of 64": {"AUTHKIT": {"SITE_NAME": "n" * 64}},
    "lifetime": {"AUTHKIT": {"SESSION_ABSOLUTE_LIFETIME": timedelta(seconds=1)}},
    "longest lifetime": {"AUTHKIT": {"SESSION_ABSOLUTE_LIFETIME": timedelta(days=36_525)}},
    "retention": {"AUTHKIT": {"EVENT_RETENTION": timedelta(days=7)}},
    "no grace": {"AUTHKIT": {"REFRESH_GRACE_SECONDS": 0}},
    "longest grace": {"AUTHKIT": {"REFRESH_GRACE_SECONDS": 60}},
    "log-in by user name alone": {"AUTHKIT": {"LOGIN_FIELDS": None}},
    "log-in by USERNAME_FIELD": {"AUTHKIT": {"LOGIN_FIELDS": [USERNAME_FIELD]}},
    "log-in by another field": {"AUTHKIT": {"LOGIN_FIELDS": ("password", USERNAME_FIELD)}},
    "no proxy": {"AUTHKIT": {"TRUSTED_PROXIES": 0}},
    "one proxy": {"AUTHKIT": {"TRUSTED_PROXIES": 1}},
    "proxies by network": {"AUTHKIT": {"TRUSTED_PROXIES": ["10.0.0.0/8", "2001:db8::1"]}},
    "proxies in a tuple": {"AUTHKIT": {"TRUSTED_PROXIES": ("127.0.0.1",)}},
    "no network": {"AUTHKIT": {"TRUSTED_PROXIES": []}},
    "a proxy that is declared": {
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "AUTHKIT": {"TRUSTED_PROXIES": 1},
    },
    "quota": {"AUTHKIT": {"API_KEY_QUOTA": 0}},
    "rate": {"AUTHKIT": {"API_KEY_RATE": "1000/hour"}},
    "cache": {"AUTHKIT": {"API_KEY_CACHE_SECONDS": 60}},
    "scopes": {"AUTHKIT": {"SCOPES": {"books:read": "Read", "x!": gettext_lazy("Write")}}},
    "scopes of owners": {"AUTHKIT": {"OWNER_SCOPES": "builtins.list"}},
    "a function of owners": {"AUTHKIT": {"OWNER_SCOPES": list}},
    "a language by path": {"AUTHKIT": {"USER_LANGUAGE": "builtins.str"}},
    "a language by function": {"AUTHKIT": {"USER_LANGUAGE": str}},
    "no language": {"AUTHKIT": {"USER_LANGUAGE": None}},
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
    "an exemption": {"AUTHKIT": {"SCHEMA_AUDIT_EXEMPTIONS": [{"rule": "AK502", "reason": "keys"}]}},
    "the hook itself": {
        "SPECTACULAR_SETTINGS": {"POSTPROCESSING_HOOKS": [postprocess_schema_security]}
    },
    "the hook that needs no other": {
        "SPECTACULAR_SETTINGS": {"POSTPROCESSING_HOOKS": [postprocess_schema]}
    },
    "its path": {
        "SPECTACULAR_SETTINGS": {
            "POSTPROCESSING_HOOKS": ["authkit.schema.hooks.postprocess_schema"]
        }
    },
    "no schemas": {"REST_FRAMEWORK": {}, "SPECTACULAR_SETTINGS": {}},
    "no exemptions": {"AUTHKIT": {"SCHEMA_AUDIT_EXEMPTIONS": ()}},
    "open operations": {"AUTHKIT": {"SCHEMA_OPEN_OPERATIONS": "report"}},
    "a file of verdicts": {"AUTHKIT": {"SCHEMA_VERDICTS": "schema-verdicts.json"}},
    "a path of verdicts": {"AUTHKIT": {"SCHEMA_VERDICTS": Path("schema-verdicts.json")}},
    "no verdicts": {"AUTHKIT": {"SCHEMA_VERDICTS": None}},
    "aliases": {"AUTHKIT": {"SCHEMA_SCHEME_ALIASES": {"sessionAuth": "cookieAuth"}}},
    "factor for staff": {"AUTHKIT": {"SECOND_FACTOR_REQUIRED": "staff"}},
    "factor for all": {"AUTHKIT": {"SECOND_FACTOR_REQUIRED": "all"}},
    "factor for no user": {"AUTHKIT": {"SECOND_FACTOR_REQUIRED": None}},
    "factor by callable": {"AUTHKIT": {"SECOND_FACTOR_REQUIRED": bool}},
    "factor by path": {"AUTHKIT": {"SECOND_FACTOR_REQUIRED": "builtins.bool"}},
    "RS256": {"SIMPLE_JWT": pair_for("RS256", RSA)},
    "ES256": {"SIMPLE_JWT": pair_for("ES256", EC)},
    "keys as bytes": {
        "SIMPLE_JWT": {
            name: value if name == "ALGORITHM" else value.encode()
            for name, value in pair_for("ES256", EC).items()
        }
    },
    "no public key": {"SIMPLE_JWT": pair_for("RS256", RSA) | {"VERIFYING_KEY": ""}},
    "refresh as long as access": {
        "SIMPLE_JWT": {
            "ACCESS_TOKEN_LIFETIME": timedelta(hours=1),
            "REFRESH_TOKEN_LIFETIME": timedelta(hours=1),
        }
    },
    "issuer and audience": {"SIMPLE_JWT": {"ISSUER": "us", "AUDIENCE": "them"}},
    "several audiences": {"SIMPLE_JWT": {"AUDIENCE": ["a", "b"]}},
    "audiences in a set": {"SIMPLE_JWT": {"AUDIENCE": {"a", "b"}}},
    "no issuer, no audience": {"SIMPLE_JWT": {"ISSUER": None, "AUDIENCE": None}},
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
    "empty name": ({"AUTHKIT": {"SITE_NAME": ""}}, "authkit.E003"),
    "a name of blanks": ({"AUTHKIT": {"SITE_NAME": "  "}}, "authkit.E003"),
    "a name of 65": ({"AUTHKIT": {"SITE_NAME": "n" * 65}}, "authkit.E003"),
    "a name with a header": ({"AUTHKIT": {"SITE_NAME": "A\r\nBcc: b@c.example"}}, "authkit.E003"),
    "a name with a line end": ({"AUTHKIT": {"SITE_NAME": "Acme\n"}}, "authkit.E003"),
    "a name with a Unicode line end": ({"AUTHKIT": {"SITE_NAME": "A\u2028B"}}, "authkit.E003"),
    "a name that turns the text": ({"AUTHKIT": {"SITE_NAME": "A\u202eB"}}, "authkit.E003"),
    "a name as bytes": ({"AUTHKIT": {"SITE_NAME": b"Acme"}}, "authkit.E003"),
    "lifetime in days": ({"AUTHKIT": {"SESSION_ABSOLUTE_LIFETIME": 30}}, "authkit.E003"),
    "no lifetime": ({"AUTHKIT": {"SESSION_ABSOLUTE_LIFETIME": timedelta(0)}}, "authkit.E003"),
    "lifetime None": ({"AUTHKIT": {"SESSION_ABSOLUTE_LIFETIME": None}}, "authkit.E003"),
    "retention in days": ({"AUTHKIT": {"EVENT_RETENTION": 365}}, "authkit.E003"),
    "no retention": ({"AUTHKIT": {"EVENT_RETENTION": timedelta(0)}}, "authkit.E003"),
    "retention None": ({"AUTHKIT": {"EVENT_RETENTION": None}}, "authkit.E003"),
    "grace of 61": ({"AUTHKIT": {"REFRESH_GRACE_SECONDS": 61}}, "authkit.E003"),
    "grace below 0": ({"AUTHKIT": {"REFRESH_GRACE_SECONDS": -1}}, "authkit.E003"),
    "grace True": ({"AUTHKIT": {"REFRESH_GRACE_SECONDS": True}}, "authkit.E003"),
    "grace 1.5": ({"AUTHKIT": {"REFRESH_GRACE_SECONDS": 1.5}}, "authkit.E003"),
    "grace as timedelta": (
        {"AUTHKIT": {"REFRESH_GRACE_SECONDS": timedelta(seconds=1)}},
        "authkit.E003",
    ),
    "log-in fields without USERNAME_FIELD": ({"AUTHKIT": {"LOGIN_FIELDS": []}}, "authkit.E003"),
    "a log-in field that is none": (
        {"AUTHKIT": {"LOGIN_FIELDS": [USERNAME_FIELD, "nickname"]}},
        "authkit.E003",
    ),
    "a log-in field that is no text": (
        {"AUTHKIT": {"LOGIN_FIELDS": [USERNAME_FIELD, "last_login"]}},
        "authkit.E003",
    ),
    "log-in fields as text": ({"AUTHKIT": {"LOGIN_FIELDS": USERNAME_FIELD}}, "authkit.E003"),
    "log-in fields that are no names": ({"AUTHKIT": {"LOGIN_FIELDS": [[]]}}, "authkit.E003"),
    "proxies below 0": ({"AUTHKIT": {"TRUSTED_PROXIES": -1}}, "authkit.E003"),
    "every IPv4 client, mapped": (
        {"AUTHKIT": {"TRUSTED_PROXIES": ["::ffff:0:0/96"]}},
        "authkit.E003",
    ),
    "33 proxies": ({"AUTHKIT": {"TRUSTED_PROXIES": 33}}, "authkit.E003"),
    "proxies True": ({"AUTHKIT": {"TRUSTED_PROXIES": True}}, "authkit.E003"),
    "proxies None": ({"AUTHKIT": {"TRUSTED_PROXIES": None}}, "authkit.E003"),
    "a proxy as a string": ({"AUTHKIT": {"TRUSTED_PROXIES": "10.0.0.1"}}, "authkit.E003"),
    "a proxy by name": ({"AUTHKIT": {"TRUSTED_PROXIES": ["proxy"]}}, "authkit.E003"),
    "a proxy by number": ({"AUTHKIT": {"TRUSTED_PROXIES": [1]}}, "authkit.E003"),
    "a network with host bits": ({"AUTHKIT": {"TRUSTED_PROXIES": ["10.0.0.1/8"]}}, "authkit.E003"),
    "every IPv4 client a proxy": ({"AUTHKIT": {"TRUSTED_PROXIES": ["0.0.0.0/0"]}}, "authkit.E003"),
    "every IPv6 client a proxy": ({"AUTHKIT": {"TRUSTED_PROXIES": ["::/0"]}}, "authkit.E003"),
    "quota below 0": ({"AUTHKIT": {"API_KEY_QUOTA": -1}}, "authkit.E003"),
    "quota None": ({"AUTHKIT": {"API_KEY_QUOTA": None}}, "authkit.E003"),
    "rate of nothing": ({"AUTHKIT": {"API_KEY_RATE": ""}}, "authkit.E003"),
    "rate by fortnight": ({"AUTHKIT": {"API_KEY_RATE": "1/fortnight"}}, "authkit.E003"),
    "rate of 5": ({"AUTHKIT": {"API_KEY_RATE": 5}}, "authkit.E003"),
    "cache of 61": ({"AUTHKIT": {"API_KEY_CACHE_SECONDS": 61}}, "authkit.E003"),
    "cache None": ({"AUTHKIT": {"API_KEY_CACHE_SECONDS": None}}, "authkit.E003"),
    "scopes in a list": ({"AUTHKIT": {"SCOPES": ["books:read"]}}, "authkit.E003"),
    "a scope of two words": ({"AUTHKIT": {"SCOPES": {"books read": "x"}}}, "authkit.E003"),
    "a scope without a name": ({"AUTHKIT": {"SCOPES": {"": "x"}}}, "authkit.E003"),
    "a scope with a quote": ({"AUTHKIT": {"SCOPES": {'"': "x"}}}, "authkit.E003"),
    "a scope without a sentence": ({"AUTHKIT": {"SCOPES": {"x": None}}}, "authkit.E003"),
    "owners nowhere": ({"AUTHKIT": {"OWNER_SCOPES": "no.such.thing"}}, "authkit.E003"),
    "owners of 5": ({"AUTHKIT": {"OWNER_SCOPES": 5}}, "authkit.E003"),
    "a language for all": ({"AUTHKIT": {"USER_LANGUAGE": "de"}}, "authkit.E003"),
    "a language from nowhere": ({"AUTHKIT": {"USER_LANGUAGE": "no.such.thing"}}, "authkit.E003"),
    "languages in a dict": ({"AUTHKIT": {"USER_LANGUAGE": {"ann": "de"}}}, "authkit.E003"),
    "empty brand": ({"AUTHKIT": {"API_KEY_BRAND": ""}}, "authkit.E003"),
    "brand with _": ({"AUTHKIT": {"API_KEY_BRAND": "a_b"}}, "authkit.E003"),
    "brand in upper case": ({"AUTHKIT": {"API_KEY_BRAND": "ACME"}}, "authkit.E003"),
    "brand with a line end": ({"AUTHKIT": {"API_KEY_BRAND": "ak\n"}}, "authkit.E003"),
    "brand of 17": ({"AUTHKIT": {"API_KEY_BRAND": "a" * 17}}, "authkit.E003"),
    "brand as bytes": ({"AUTHKIT": {"API_KEY_BRAND": b"ak"}}, "authkit.E003"),
    "open operations closed": ({"AUTHKIT": {"SCHEMA_OPEN_OPERATIONS": "close"}}, "authkit.E003"),
    "verdicts without a name": ({"AUTHKIT": {"SCHEMA_VERDICTS": ""}}, "authkit.E003"),
    "verdicts by number": ({"AUTHKIT": {"SCHEMA_VERDICTS": 3}}, "authkit.E003"),
    "aliases as a list": ({"AUTHKIT": {"SCHEMA_SCHEME_ALIASES": ["a"]}}, "authkit.E003"),
    "an alias for nothing": ({"AUTHKIT": {"SCHEMA_SCHEME_ALIASES": {"a": None}}}, "authkit.E003"),
    "an exemption without a reason": (
        {"AUTHKIT": {"SCHEMA_AUDIT_EXEMPTIONS": [{"rule": "AK502"}]}},
        "authkit.E003",
    ),
    "one exemption as a dict": (
        {"AUTHKIT": {"SCHEMA_AUDIT_EXEMPTIONS": {"rule": "AK502"}}},
        "authkit.E003",
    ),
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
    "factor for an unknown group": (
        {"AUTHKIT": {"SECOND_FACTOR_REQUIRED": "everybody"}},
        "authkit.E003",
    ),
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
    "refresh shorter than access": (
        {"SIMPLE_JWT": {"REFRESH_TOKEN_LIFETIME": timedelta(minutes=1)}},
        "authkit.E007",
    ),
    "access for less than a second": (
        {"SIMPLE_JWT": {"ACCESS_TOKEN_LIFETIME": timedelta(seconds=0.999)}},
        "authkit.E005",
    ),
    "refresh for ever": ({"SIMPLE_JWT": {"REFRESH_TOKEN_LIFETIME": timedelta.max}}, "authkit.E005"),
    "a session for less than a second": (
        {"AUTHKIT": {"SESSION_ABSOLUTE_LIFETIME": timedelta(microseconds=1)}},
        "authkit.E003",
    ),
    "events for ever": ({"AUTHKIT": {"EVENT_RETENTION": timedelta.max}}, "authkit.E003"),
    "a rate of 0 for keys": ({"AUTHKIT": {"API_KEY_RATE": "0/day"}}, "authkit.E003"),
    "empty issuer": ({"SIMPLE_JWT": {"ISSUER": ""}}, "authkit.E008"),
    "empty audience": ({"SIMPLE_JWT": {"AUDIENCE": ""}}, "authkit.E008"),
    "an empty audience beside another": ({"SIMPLE_JWT": {"AUDIENCE": ["a", ""]}}, "authkit.E008"),
    "audiences longer than a token": (
        {"SIMPLE_JWT": {"AUDIENCE": ["a" * 500, "b" * 501]}},
        "authkit.E008",
    ),
    "no key": ({"SIMPLE_JWT": {"SIGNING_KEY": None}}, "authkit.E006"),
    "a number as key": ({"SIMPLE_JWT": {"SIGNING_KEY": 10**80}}, "authkit.E006"),
    "a key that is no Unicode": ({"SIMPLE_JWT": {"SIGNING_KEY": "\ud800" * 32}}, "authkit.E006"),
    "issuer in a list": ({"SIMPLE_JWT": {"ISSUER": ["us"]}}, "authkit.E008"),
    "issuer as bytes": ({"SIMPLE_JWT": {"ISSUER": b"us"}}, "authkit.E008"),
    "audience by number": ({"SIMPLE_JWT": {"AUDIENCE": 7}}, "authkit.E008"),
    "audiences by number": ({"SIMPLE_JWT": {"AUDIENCE": ["a", 7]}}, "authkit.E008"),
    "no audience in a list": ({"SIMPLE_JWT": {"AUDIENCE": []}}, "authkit.E008"),
    "audience in a dict": ({"SIMPLE_JWT": {"AUDIENCE": {"a": 1}}}, "authkit.E008"),
    "algorithm none": ({"SIMPLE_JWT": {"ALGORITHM": "none"}}, "authkit.E009"),
    "algorithm None": ({"SIMPLE_JWT": {"ALGORITHM": None}}, "authkit.E009"),
    "algorithm in lower case": ({"SIMPLE_JWT": {"ALGORITHM": "hs256"}}, "authkit.E009"),
    "algorithms in a list": ({"SIMPLE_JWT": {"ALGORITHM": ["HS256"]}}, "authkit.E009"),
    "a private key that is no key": (
        {"SIMPLE_JWT": pair_for("RS256", RSA) | {"SIGNING_KEY": "short"}},
        "authkit.E010",
    ),
    "a path instead of a key": (
        {"SIMPLE_JWT": pair_for("ES256", EC) | {"SIGNING_KEY": "/etc/keys/private.pem"}},
        "authkit.E010",
    ),
    "SECRET_KEY for an asymmetric algorithm": (
        {"SIMPLE_JWT": {"ALGORITHM": "RS256"}},
        "authkit.E010",
    ),
    "a private key of another algorithm": (
        {"SIMPLE_JWT": pair_for("RS256", RSA) | {"SIGNING_KEY": EC[0]}},
        "authkit.E010",
    ),
    "a public key to sign with": (
        {"SIMPLE_JWT": pair_for("RS256", RSA) | {"SIGNING_KEY": RSA[1]}},
        "authkit.E010",
    ),
    "a public key that is no key": (
        {"SIMPLE_JWT": pair_for("ES256", EC) | {"VERIFYING_KEY": "x"}},
        "authkit.E011",
    ),
    "the public key of another pair": (
        {"SIMPLE_JWT": pair_for("ES256", EC) | {"VERIFYING_KEY": OTHER_EC[1]}},
        "authkit.E011",
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
    "a proxy that is not declared": (
        {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")},
        "authkit.W006",
    ),
    "a schema without the hook": (
        {"SPECTACULAR_SETTINGS": {"POSTPROCESSING_HOOKS": ["shop.hooks.strip"]}},
        "authkit.W008",
    ),
    "a schema without hooks": ({"SPECTACULAR_SETTINGS": {}}, "authkit.W008"),
    "no dict for drf-spectacular": ({"SPECTACULAR_SETTINGS": None}, "authkit.W008"),
    "a proxy's host": ({"USE_X_FORWARDED_HOST": True}, "authkit.W006"),
    "a proxy's port": ({"USE_X_FORWARDED_PORT": True}, "authkit.W006"),
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
        *(f"authkit.E{number:03}" for number in range(1, 12)),
        "authkit.W001",
        "authkit.W006",
        "authkit.W008",
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
    assert hint.startswith("Known are: ACCESS_TOKEN_CLAIMS, ")


def test_a_schema_without_the_hook_is_answered_with_the_hook_that_fits_beside_the_others():
    [(_, _, hint)] = found({"SPECTACULAR_SETTINGS": {"TITLE": "Shop"}})
    alone = "authkit.schema.hooks.postprocess_schema"
    assert hint == f"Set SPECTACULAR_SETTINGS['POSTPROCESSING_HOOKS'] to ['{alone}']."
    [(_, _, hint)] = found({"SPECTACULAR_SETTINGS": {"POSTPROCESSING_HOOKS": ["shop.strip"]}})
    beside = "authkit.schema.hooks.postprocess_schema_security"
    assert hint == f"Append '{beside}' to SPECTACULAR_SETTINGS['POSTPROCESSING_HOOKS']."


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


@pytest.mark.parametrize("value", [None, [], "x"], ids=repr)
def test_an_authkit_that_is_no_dict_is_one_sentence_for_deployments_too(value):
    with override_settings(AUTHKIT=value):
        messages = run_checks(include_deployment_checks=True)
    ours = [message.id for message in messages if message.id.startswith("authkit.")]
    assert ours == ["authkit.E001"]


@pytest.mark.parametrize("value", [None, []], ids=repr)
def test_a_simple_jwt_that_is_no_dict_is_a_sentence_and_no_traceback(value):
    assert ids({"SIMPLE_JWT": value})


@pytest.mark.parametrize("ring", [{"1": KEY, "2": "x"}, {"1": KEY[:-4]}, [KEY], {"a.b": KEY}])
def test_no_message_shows_a_key_of_the_ring(ring):
    messages = str(found({"AUTHKIT": {"ENCRYPTION_KEYS": ring}}))
    assert "authkit.E003" in messages
    assert KEY[:20] not in messages


@pytest.mark.parametrize("pair", [(RSA[0], EC[1]), (EC[0][:100], EC[1]), (EC[0], OTHER_EC[1])])
def test_no_message_shows_a_private_key(pair):
    messages = str(found({"SIMPLE_JWT": pair_for("ES256", pair)}))
    assert "authkit.E01" in messages
    assert pair[0].split("\n")[1][:20] not in messages


def test_mailers_are_told_of_where_django_does_not_know_them(monkeypatch):
    monkeypatch.setattr("django.VERSION", (5, 2, 19, "final", 0))
    monkeypatch.setattr("django.get_version", lambda: "5.2.19")
    with override_settings(MAILERS={"default": {}}):
        [message] = check_deployment()
    assert message.id == "authkit.W011"
    assert message.msg == "MAILERS changes nothing: Django 5.2.19 sends mail by EMAIL_BACKEND."
    assert message.hint == "Set EMAIL_BACKEND and EMAIL_HOST, or upgrade to Django 6.1."


def test_mailers_are_accepted_where_django_knows_them(monkeypatch):
    monkeypatch.setattr("django.VERSION", (6, 1, 0, "final", 0))
    with override_settings(MAILERS={"default": {}}):
        assert check_deployment() == []


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
    slow = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    with override_settings(SECRET_KEY="django-insecure-" + "x" * 50, PASSWORD_HASHERS=slow):
        call_command("check")
        assert "authkit" not in "".join(capsys.readouterr())
        call_command("check", deploy=True)
        assert "authkit.W001" in capsys.readouterr().err


def test_our_checks_are_registered_once():
    with override_settings(INSTALLED_APPS=django_settings.INSTALLED_APPS):  # makes apps ready again
        registered = registry.registry.get_checks(include_deployment_checks=True)
    ours = [check for check in registered if "authkit" in check.__module__]
    assert sorted(check.__name__ for check in ours) == ["check_deployed_project", "check_project"]


@pytest.mark.parametrize("name", sorted(UNUSED))
def test_a_setting_of_simplejwt_that_changes_nothing_is_named(name):
    [(check_id, text, hint)] = found({"SIMPLE_JWT": {name: DEFAULTS[name]}})
    assert check_id == "authkit.W005"
    assert text == f"SIMPLE_JWT['{name}'] changes nothing: authkit does not read it."
    assert "SILENCED_SYSTEM_CHECKS" in hint


def test_every_setting_of_simplejwt_is_known_whether_it_is_installed_or_not():
    assert {*simple_jwt.DEFAULTS, *UNUSED} == set(DEFAULTS)
    changed = {"SIGNING_KEY", "USER_ID_FIELD"}
    kept = {name: value for name, value in simple_jwt.DEFAULTS.items() if name not in changed}
    assert kept == {name: DEFAULTS[name] for name in kept}


def test_one_that_keeps_its_meaning_is_not():
    kept = {name: DEFAULTS[name] for name in DEFAULTS if name not in UNUSED}
    kept["SIGNING_KEY"] = "x" * 64
    assert found({"SIMPLE_JWT": kept}) == []


@pytest.mark.parametrize("algorithm", ["RS256", "RS512"])
def test_an_rsa_key_that_can_be_factored_is_an_error(algorithm):
    short = key_pair(rsa.generate_private_key(65537, 1024))
    errors = found({"SIMPLE_JWT": pair_for(algorithm, short)})
    assert [error[0] for error in errors] == ["authkit.E017", "authkit.E017"]
    assert "1024 bits" in errors[0][1]
    long = pair_for(algorithm, RSA) | {"VERIFYING_KEY": short[1]}
    assert "authkit.E017" in [error[0] for error in found({"SIMPLE_JWT": long})]
    assert found({"SIMPLE_JWT": pair_for(algorithm, RSA)}) == []
