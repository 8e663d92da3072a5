"""Every setting with every odd value: what breaks a request is an error of ``check`` first."""

import json
import math
from datetime import timedelta
from uuid import UUID

import pytest
from authkit.apps import check_project
from authkit.conf import Settings
from authkit.conf.values import imports
from authkit.signing.simple_jwt import DEFAULTS
from django.core.checks import ERROR
from django.core.management import call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.test import override_settings

from tests.conftest import AUTH, PASSWORD, bearer

pytestmark = [pytest.mark.django_db, pytest.mark.many, pytest.mark.by_itself]

ODD = [
    *[None, True, False, 0, -1, 1, 7, 10**9, 10**80, 1.5, math.nan, math.inf, b"", b"x" * 64],
    *["", " ", "x", "5", "x" * 64, "x" * 100_000, "\ud800", "x\0", "a.b", "0/day", "{token}"],
    *["os.path", "json.JSONEncoder", "json.dumps", "builtins.list", "builtins.int", "pk"],
    *["sid", "exp", "iat", "nbf", "aud", "iss", "sub", "amr", "auth_time", "generation"],
    *["jti", "token_type", "user_id", "password", "groups", "get_username", "objects", "id"],
    *["HS256", "ES256", "none", "https://[x", "https://x.example/{token}/{uid}", "fix", "all"],
    *[[], (), [""], ["x"], ["x", 1], [None], [[]], {}, {"": ""}, {"x": "y"}, {"x": None}, {1: 2}],
    *[{""}, {"x"}, {"x", "y"}, frozenset(), [{}], [{"rule": "AK502"}], range(3)],
    *[timedelta(0), timedelta(microseconds=1), timedelta(seconds=0.999), timedelta(seconds=1)],
    *[timedelta(seconds=-1), timedelta.max, timedelta.min, timedelta(days=36_500)],
    *[json.JSONEncoder, DjangoJSONEncoder, json.JSONEncoder(), int, dict, len, object(), UUID],
]


def log_in_and_use(client, user):
    """Yield the answers of what every project needs; all are 200 if the settings are right."""
    answer = client.log_in(user)
    yield answer
    pair = answer.json()
    yield client.sessions(pair["access"])
    yield client.verify(pair["access"])
    yield client.verify(pair["refresh"])
    yield client.refresh(pair["refresh"])


def use_the_rest(client, user):
    """Yield the answers of the other flows that read settings; they may refuse."""
    yield client.log_in(user, "wrong")
    pair = client.log_in(user).json()
    first = client.refresh(pair["refresh"]).json()
    for path in ("me/", "2fa/", "api-keys/", "events/"):
        yield client.get(AUTH + path, **bearer(first["access"]))
    for path, body in BODIES.items():
        yield client.post(AUTH + path, body, **bearer(first["access"]))
    yield client.get("/.well-known/jwks.json")
    yield client.get("/.well-known/oauth-authorization-server")
    yield client.refresh(pair["refresh"])  # within the grace, or not
    yield client.revoke(first["refresh"])


BODIES = {
    "reauthenticate/": {"password": PASSWORD},
    "api-keys/": {"name": "x"},
    "2fa/totp/setup/": {"password": PASSWORD},
    "register/": {"username": "x", "email": "x@example.com", "password": PASSWORD},
    "email/verify/resend/": {"email": "x@example.com"},
    "password/reset/": {"email": "x@example.com"},
}


#: What a project calls with a user. What it does with one, no check can know.
CALLABLE = {"ACCESS_TOKEN_CLAIMS", "OWNER_SCOPES", "SECOND_FACTOR_REQUIRED"}


def values_for(name):
    """Yield the odd values of a setting, without those that are right and refuse requests."""
    for value in ODD:
        is_called = callable(value) or (isinstance(value, str) and imports(value))
        owes_a_factor = name == "SECOND_FACTOR_REQUIRED" and value == "all"
        if not owes_a_factor and not (name in CALLABLE and is_called):
            yield value


def is_announced():
    return any(message.level >= ERROR for message in check_project())


def problem(client, make_user, *, rest):
    """Return what a request meets; None if all goes well."""
    try:
        answers = list(log_in_and_use(client, make_user()))
        if [answer.status_code for answer in answers] != [200] * 5:
            return [answer.status_code for answer in answers]
        answers = use_the_rest(client, make_user()) if rest else ()
        if failed := [answer.status_code for answer in answers if answer.status_code >= 500]:
            return failed
        call_command("authkit_prune", verbosity=0)
    except Exception as error:
        return repr(error)[:200]
    return None


def silent(client, make_user, dict_name, name, *, rest=False):
    """Return the values that break a request, and that ``check`` accepts."""
    found = {}
    for value in values_for(name):
        with override_settings(**{dict_name: {name: value}}):
            met = None if is_announced() else problem(client, make_user, rest=rest)
            if met is not None:
                found[ascii(value)[:60]] = ascii(met)[:100]
    return found


@pytest.mark.parametrize("name", DEFAULTS)
def test_of_simple_jwt(client, make_user, name, mailers, clock):
    assert silent(client, make_user, "SIMPLE_JWT", name) == {}


@pytest.mark.parametrize("name", Settings.declared())
def test_of_authkit(client, make_user, name, mailers, clock):
    assert silent(client, make_user, "AUTHKIT", name, rest=True) == {}
