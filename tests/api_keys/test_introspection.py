"""``token/introspect/`` (RFC 7662): what a service learns about a token, and who may ask."""

from datetime import timedelta

import pytest
from authkit.core import clock as core_clock
from authkit.models import APIKey, SecurityEvent, Session
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator

from tests.api_keys.calls import KEYS, Person, with_key
from tests.conftest import AUTH, bearer
from tests.sessions.forge import claims_of, sign

pytestmark = pytest.mark.django_db

SCOPE = "authkit:introspect"
INACTIVE = {"active": False}


def make_key(**fields):
    return APIKey.objects.create_key(name="key", **fields)[1]


@pytest.fixture
def service(client):
    """A function that asks about a token as a service does."""
    key = make_key(scope=SCOPE)

    def ask(token):
        answer = client.post(AUTH + "token/introspect/", {"token": token}, **with_key(key))
        assert answer.status_code == 200, answer.content
        assert answer["Cache-Control"] == "no-store"
        return answer.json()

    return ask


def test_a_service_learns_what_an_access_token_stands_for(client, user, clock, service):
    access = client.pair(user)["access"]
    claims = claims_of(access)

    assert service(access) == {
        "active": True,
        "token_type": "Bearer",
        "sub": str(user.pk),
        "sid": str(Session.objects.get().pk),
        "exp": claims["exp"],
        "iat": claims["iat"],
        "amr": ["pwd"],
        "auth_time": claims["auth_time"],
    }


def test_a_service_learns_the_claims_that_the_project_adds(client, user, settings, service):
    added = {"role": "reader", "branches": ["north", {"name": "south"}]}
    settings.AUTHKIT = {"ACCESS_TOKEN_CLAIMS": lambda user, session: added}
    access = client.pair(user)["access"]
    state = service(access)
    assert {name: state[name] for name in added} == added
    settings.AUTHKIT = {}
    assert service(access) == state  # what the token says, until it expires
    assert service(client.pair(user)["access"]).keys() == state.keys() - added.keys()


def test_it_costs_two_queries(client, user, service):
    access = client.pair(user)["access"]
    service(access)  # writes the last use of the key
    with CaptureQueriesContext(
        connection,
    ) as queries:
        service(access)
        service(make_no_key := "ak_unknown")
    assert make_no_key
    assert len([one for one in queries if "SAVEPOINT" not in one["sql"]]) == 3


def test_every_other_token_is_inactive_without_a_reason(client, user, clock, service):
    pair = client.pair(user)
    claims = claims_of(pair["access"])
    others = {
        "refresh": pair["refresh"],
        "malformed": "no token",
        "empty signature": pair["access"].rpartition(".")[0] + ".",
        "another key": sign(claims, key=b"the key of another installation....."),
        "another user": sign({**claims, "user_id": "0"}),
        "challenge": sign({**claims, "token_type": "challenge"}),
        "enrolment": sign({**claims, "token_type": "enrolment"}),
        "expired": sign({**claims, "exp": claims["iat"]}),
    }
    assert {name: service(token) for name, token in others.items()} == dict.fromkeys(
        others, INACTIVE
    )


@pytest.mark.parametrize("end", ["log-out", "password", "deactivated", "idle", "owes", "deleted"])
def test_a_session_that_has_ended_or_owes_a_factor_is_inactive(
    client, user, clock, settings, service, end
):
    if end == "owes":
        settings.AUTHKIT = {"SECOND_FACTOR_REQUIRED": "all"}
    pair = client.pair(user)
    if end == "log-out":
        client.revoke(pair["refresh"])
    elif end == "password":
        user.set_password("another long password")
        user.save()
    elif end == "deactivated":
        type(user).objects.update(is_active=False)
    elif end == "idle":
        clock.shift(24 * 3600)
    elif end == "deleted":
        user.delete()
    assert service(pair["access"]) == INACTIVE


def test_verify_refuses_a_session_that_owes_a_factor(client, user, settings):
    settings.AUTHKIT = {"SECOND_FACTOR_REQUIRED": "all"}
    pair = client.pair(user)
    assert client.verify(pair["access"]).status_code == 401
    assert client.verify(pair["refresh"]).status_code == 401


def test_a_service_learns_what_a_key_stands_for(user, clock, settings, service):
    settings.AUTHKIT = {"SCOPES": {"books:read": "Read", "books:write": "Write"}}
    expires = core_clock.now() + timedelta(hours=1)
    owned = make_key(owner=user, scope="books:read books:write", expiry_date=expires)
    found = APIKey.objects.get(owner=user)
    assert service(owned) == {
        "active": True,
        "token_type": "ApiKey",
        "sub": str(user.pk),
        "scope": "books:read books:write",
        "exp": int(expires.timestamp()),
        "client": str(found.pk),
    }
    settings.AUTHKIT["OWNER_SCOPES"] = lambda owner: ["books:read"]
    assert service(owned)["scope"] == "books:read"
    unowned = service(make_key(scope="books:read"))
    assert set(unowned) == {"active", "token_type", "scope", "client"}
    found.refresh_from_db()
    assert found.last_used_at is None  # asking is not using


@pytest.mark.parametrize("end", ["revoked", "expired", "deactivated", "networks", "wrong"])
def test_a_key_that_may_not_be_used_is_inactive(user, clock, service, end):
    networks = "127.0.0.0/8" if end == "networks" else ""
    expires = core_clock.now() + timedelta(hours=1)
    key = make_key(owner=user, networks=networks, expiry_date=expires)
    if end == "revoked":
        APIKey.objects.filter(owner=user).revoke()
    elif end == "expired":
        clock.shift(3600)
    elif end == "deactivated":
        type(user).objects.update(is_active=False)
    elif end == "wrong":
        APIKey.objects.filter(owner=user).update(hashed_key="sha512$$0")
    assert service(key) == INACTIVE


def callers(client, user, settings):
    """Name every caller who may not ask, with its headers and the answer."""
    settings.AUTHKIT = {"SCOPES": {"books:read": "Read", SCOPE: "what a project may declare"}}
    group = Group.objects.create(name="services")
    yield "anonymous", {}, 401, "not_authenticated"
    yield "session", bearer(client.pair(user)["access"]), 401, "not_authenticated"
    yield "wrong key", with_key("ak_no"), 401, "api_key_invalid"
    owned = make_key(owner=user)
    APIKey.objects.filter(owner=user).update(scope=SCOPE)  # nothing but SQL can
    yield "owner", with_key(owned), 403, "insufficient_scope"
    yield "no scope", with_key(make_key()), 403, "insufficient_scope"
    yield "other scope", with_key(make_key(scope="books:read")), 403, "insufficient_scope"
    yield "group", with_key(make_key(group=group)), 403, "insufficient_scope"


def test_nobody_else_may_ask(client, user, settings):
    access = client.pair(user)["access"]
    for name, headers, status, code in callers(client, user, settings):
        answer = client.post(AUTH + "token/introspect/", {"token": access}, **headers)
        assert (name, answer.status_code, answer.json()["code"]) == (name, status, code)
        assert answer["Cache-Control"] == "no-store"
        if status == 401:
            assert answer["WWW-Authenticate"] == 'ApiKey realm="api"'
        else:
            assert answer["WWW-Authenticate"] == (
                'Bearer realm="api", error="insufficient_scope", scope="authkit:introspect"'
            )


@pytest.mark.parametrize("declared", [{}, {"SCOPES": {SCOPE: "declared", "books:read": "Read"}}])
def test_no_owner_is_granted_the_scope(client, user, settings, declared):
    settings.AUTHKIT = {**declared, "OWNER_SCOPES": lambda owner: [SCOPE, "books:read"]}
    person = Person(client, user)
    answer = person.create(scopes=[SCOPE])
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_scope")
    made = person.made()
    assert person.change(made["id"], scopes=[SCOPE]).status_code == 400
    with pytest.raises(CommandError):
        call_command("authkit_create_api_key", "x", owner=user.get_username(), scope=[SCOPE])
    assert not APIKey.objects.filter(scope__contains=SCOPE).exists()
    assert client.get(KEYS, **person.headers).status_code == 200


def test_the_command_makes_a_key_that_may_ask(client, user, capsys):
    access = client.pair(user)["access"]
    call_command("authkit_create_api_key", "inventory", scope=[SCOPE])
    key = capsys.readouterr().out.strip()
    answer = client.post(AUTH + "token/introspect/", {"token": access}, **with_key(key))
    assert answer.json()["active"] is True


def test_the_document_wants_an_api_key_alone():
    document = SchemaGenerator().get_schema(request=None, public=True)
    operation = document["paths"][AUTH + "token/introspect/"]["post"]
    assert [set(needed) for needed in operation["security"]] == [{"apiKeyAuth"}]
    assert "insufficient_scope" in operation["responses"]["403"]["description"]
    assert "api_key_invalid" in operation["responses"]["401"]["description"]


def test_asking_leaves_no_event(client, user, service):
    before = SecurityEvent.objects.count()
    service(client.pair(user)["access"])
    service("no token")
    assert SecurityEvent.objects.count() == before + 1  # the log-in
