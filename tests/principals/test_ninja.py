"""Django Ninja: its ``auth=`` is ``resolve``, and refusals are answered and not 500."""

from functools import partial

import pytest
from asgiref.sync import async_to_sync
from authkit.authentication import (
    APIKeyAuthentication,
    JWTAuthentication,
    refusal_response,
    resolve,
)
from authkit.errors import AuthkitError, StepUpRequired
from authkit.models import SecurityEvent, Session
from authkit.permissions import HasScope, HasSecondFactor, arequire, require
from django.db import OperationalError, transaction
from django.test import AsyncClient, Client
from django.urls import include, path
from ninja import NinjaAPI
from ninja.security import django_auth

from tests.database.statements import failing_statement

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.principals.test_ninja"),
]

api = NinjaAPI(auth=resolve)
api.add_exception_handler(AuthkitError, lambda request, error: refusal_response(error))
async_api = NinjaAPI(auth=resolve, urls_namespace="async")
async_api.add_exception_handler(AuthkitError, lambda request, error: refusal_response(error))

only_tokens = partial(resolve, authenticators=[JWTAuthentication])
only_keys = partial(resolve, authenticators=[APIKeyAuthentication])
token_or_none = partial(resolve, authenticators=[JWTAuthentication], required=False)


def told(request):
    principal = request.auth
    return {"user": str(principal.user.pk), "is_key": principal.scopes is not None}


@api.get("/me")
@api.post("/me")
def who_am_i(request):
    return told(request)


@api.get("/token", auth=only_tokens)
def by_token(request):
    return told(request)


@api.get("/key", auth=only_keys)
def by_key(request):
    return told(request)


@api.get("/cookie", auth=[token_or_none, django_auth])
def by_token_or_cookie(request):
    return {"by": type(request.auth).__name__}


@api.get("/books")
def books(request):
    require(request, request.auth, HasScope("books:read"))
    return told(request)


@api.get("/payouts")
def payouts(request):
    require(request, request.auth, HasSecondFactor)
    return told(request)


@async_api.get("/me")
async def who_am_i_async(request):
    return told(request)


@async_api.get("/books")
async def books_async(request):
    await arequire(request, request.auth, HasScope("books:read"))
    return told(request)


async_urls = async_api.urls
for pattern in async_urls[0]:
    transaction.non_atomic_requests(pattern.callback)

urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("ninja/", api.urls),
    path("async/", async_urls),
]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def get(url, headers):
    if url.startswith("/async"):
        return async_to_sync(AsyncClient().get)(url, headers=headers)
    return Client().get(url, headers=headers)


BOTH_KINDS = pytest.mark.parametrize("url", ["/ninja/me", "/async/me"])


@BOTH_KINDS
def test_tokens_and_keys_are_accepted(url, user, access, key):
    for headers, is_key in [(bearer(access), False), ({"X-API-Key": key}, True)]:
        response = get(url, headers)
        assert response.status_code == 200
        assert response.json() == {"user": str(user.pk), "is_key": is_key}


def test_a_post_needs_no_csrf_token(user, access):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/ninja/me", headers=bearer(access)).status_code == 200


INVALID_TOKEN = 'Bearer realm="api", error="invalid_token"'


@BOTH_KINDS
@pytest.mark.parametrize(
    ("headers", "status", "code", "challenge"),
    [
        ({}, 401, "not_authenticated", 'Bearer realm="api", ApiKey realm="api"'),
        (bearer("x"), 401, "token_invalid", INVALID_TOKEN),
        (bearer(""), 401, "token_invalid", INVALID_TOKEN),
        ({"X-API-Key": "x"}, 401, "api_key_invalid", 'ApiKey realm="api"'),
        ({**bearer("x"), "X-API-Key": "x"}, 400, "multiple_credentials", None),
    ],
    ids=["none", "token", "empty", "key", "both"],
)
def test_a_refusal_has_status_code_and_challenge(url, headers, status, code, challenge):
    response = get(url, headers)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers.get("WWW-Authenticate") == challenge


@BOTH_KINDS
def test_what_has_ended_says_so(url, client, pair):
    client.revoke(pair["refresh"])
    response = get(url, bearer(pair["access"]))
    assert (response.status_code, response.json()["code"]) == (401, "session_ended")


def test_what_has_expired_says_so(clock, access):
    clock.shift(3600)
    assert get("/ninja/me", bearer(access)).json()["code"] == "token_expired"


@BOTH_KINDS
def test_a_credential_in_the_url_is_refused(url, access):
    response = get(f"{url}?token={access}", {})
    assert (response.status_code, response.json()["code"]) == (400, "credential_in_url")


@BOTH_KINDS
def test_a_key_over_its_rate_limit_is_told_when_to_come_back(url, make_key):
    _, key = make_key(rate="1/hour")
    assert get(url, {"X-API-Key": key}).status_code == 200
    response = get(url, {"X-API-Key": key})
    assert (response.status_code, response.json()["code"]) == (429, "api_key_rate_exceeded")
    assert 0 < int(response.headers["Retry-After"]) <= 3600


def test_while_the_database_is_down_the_answer_is_503(access):
    with failing_statement("SELECT", Session, OperationalError("connection lost")):
        response = get("/ninja/me", bearer(access))
    assert (response.status_code, response.json()["code"]) == (503, "service_unavailable")
    assert response.headers["Retry-After"] == "5"


def test_an_operation_accepts_what_it_names(access, key):
    for url, good, other, challenge in [
        ("/ninja/token", bearer(access), {"X-API-Key": key}, 'Bearer realm="api"'),
        ("/ninja/key", {"X-API-Key": key}, bearer(access), 'ApiKey realm="api"'),
    ]:
        assert get(url, good).status_code == 200
        response = get(url, other)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == challenge


def test_another_kind_of_ninja_is_asked_where_no_credential_is_presented(user, access):
    browser = Client()
    browser.force_login(user)
    assert browser.get("/ninja/cookie").json() == {"by": "SimpleLazyObject"}
    assert get("/ninja/cookie", bearer(access)).json() == {"by": "Principal"}
    assert get("/ninja/cookie", {}).status_code == 401
    # Refused, and not left to the cookie.
    assert browser.get("/ninja/cookie", headers=bearer("x")).json()["code"] == "token_invalid"


@pytest.mark.parametrize("url", ["/ninja/books", "/async/books"])
def test_a_permission_answers_with_its_challenge(url, user, access, key, make_key):
    assert get(url, {"X-API-Key": key}).status_code == 200
    assert get(url, bearer(access)).status_code == 200
    _, other = make_key(owner=user, scopes=["books:write"])
    response = get(url, {"X-API-Key": other})
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert 'scope="books:read"' in response.headers["WWW-Authenticate"]
    assert SecurityEvent.objects.filter(kind="scope_missing").count() == 1


def test_step_up_is_asked_for(access):
    response = get("/ninja/payouts", bearer(access))
    assert (response.status_code, response.json()["code"]) == (401, StepUpRequired.default_code)
    assert 'error="insufficient_user_authentication"' in response.headers["WWW-Authenticate"]
