"""``aresolve`` and ``arequire`` under ASGI: no statement runs on the event loop."""

import asyncio
import inspect
import threading
from functools import partial

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from authkit.authentication import JWTAuthentication, aresolve, refusal_response, resolve
from authkit.errors import AuthkitError
from authkit.models import SecurityEvent, Session
from authkit.permissions import HasScope, HasVerifiedEmail, arequire
from django.core.asgi import get_asgi_application
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection, transaction
from django.http import JsonResponse
from django.test import AsyncClient
from django.urls import include, path

from tests.conftest import PASSWORD

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.principals.test_async"),
]


def named(principal):
    return JsonResponse({"user": None if principal is None else str(principal.user.pk)})


@transaction.non_atomic_requests
async def who_am_i(request):
    try:
        return named(await aresolve(request))
    except AuthkitError as refusal:
        return refusal_response(refusal)


@transaction.non_atomic_requests
async def catalogue(request):
    try:
        return named(await aresolve(request, authenticators=[JWTAuthentication], required=False))
    except AuthkitError as refusal:
        return refusal_response(refusal)


@transaction.non_atomic_requests
async def loans(request):
    try:
        principal = await aresolve(request)
        await arequire(request, principal, HasScope("books:read"), HasVerifiedEmail)
    except AuthkitError as refusal:
        return refusal_response(refusal)
    return named(principal)


@transaction.non_atomic_requests
async def blocking(request):
    return named(resolve(request))


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("me", who_am_i),
    path("catalogue", catalogue),
    path("loans", loans),
    path("blocking", blocking),
]


def get(url, **headers):
    return async_to_sync(AsyncClient().get)(url, headers=headers)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def statements():
    """The statements, each with whether it ran on an event loop."""
    seen = []

    def note(execute, sql, params, many, context):
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            seen.append((False, sql))
        else:
            seen.append((True, sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def test_a_credential_is_accepted_in_one_query_beside_the_loop(user, access, key, statements):
    get("/me", **{"X-API-Key": key})  # writes the last use
    for headers in (bearer(access), {"X-API-Key": key}):
        statements.clear()
        response = get("/me", **headers)
        assert (response.status_code, response.json()) == (200, {"user": str(user.pk)})
        assert [on_loop for on_loop, _ in statements] == [False]


def test_the_blocking_function_is_noticed_on_the_loop(access):
    with pytest.raises(SynchronousOnlyOperation):
        get("/blocking", **bearer(access))


@pytest.mark.parametrize(
    ("headers", "status", "code", "challenge"),
    [
        ({}, 401, "not_authenticated", 'Bearer realm="api", ApiKey realm="api"'),
        (bearer("x"), 401, "token_invalid", 'Bearer realm="api", error="invalid_token"'),
        ({"X-API-Key": "x"}, 401, "api_key_invalid", 'ApiKey realm="api"'),
        ({**bearer("x"), "X-API-Key": "x"}, 400, "multiple_credentials", None),
    ],
    ids=["none", "token", "key", "both"],
)
def test_a_refusal_has_status_code_and_challenge(headers, status, code, challenge):
    response = get("/me", **headers)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers.get("WWW-Authenticate") == challenge


def test_the_parameters_are_those_of_resolve(user, access, key):
    assert get("/catalogue").json() == {"user": None}
    assert get("/catalogue", **{"X-API-Key": key}).json() == {"user": None}
    assert get("/catalogue", **bearer(access)).json() == {"user": str(user.pk)}
    assert get("/catalogue", **bearer("x")).status_code == 401


def test_an_event_of_a_refusal_is_recorded_beside_the_loop(user, key, statements):
    user.is_active = False
    user.save()
    assert get("/me", **{"X-API-Key": key}).status_code == 401
    assert SecurityEvent.objects.get(kind="api_key_refused").user_id == user.pk
    assert not any(on_loop for on_loop, _ in statements)


def test_permissions_ask_the_database_beside_the_loop(make_key, user, key, statements):
    assert get("/loans", **{"X-API-Key": key}).json() == {"user": str(user.pk)}
    _, other = make_key(owner=user, scopes=["books:write"])
    response = get("/loans", **{"X-API-Key": other})
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert 'scope="books:read"' in response.headers["WWW-Authenticate"]
    assert SecurityEvent.objects.get(kind="scope_missing").facts["scopes"] == ["books:read"]
    assert not any(on_loop for on_loop, _ in statements)


def test_the_loop_goes_on_while_the_database_answers(user, access):
    asked, answer = threading.Event(), threading.Event()

    def wait(execute, sql, params, many, context):
        if Session._meta.db_table in sql:
            asked.set()
            assert answer.wait(timeout=30), "the event loop waits for the database"
        return execute(sql, params, many, context)

    async def answer_once_asked():
        while not asked.is_set():
            await asyncio.sleep(0)
        answer.set()

    async def main():
        request = AsyncClient().get("/me", headers=bearer(access))
        response, _ = await asyncio.gather(request, answer_once_asked())
        return response

    with connection.execute_wrapper(wait):
        assert async_to_sync(main)().json() == {"user": str(user.pk)}


@pytest.mark.concurrency
def test_many_requests_of_an_asgi_server_are_each_their_own(make_user, client):
    application = get_asgi_application()
    users = [make_user() for _ in range(5)]
    tokens = {user.pk: client.pair(user)["access"] for user in users}

    async def ask(token):
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": "/me",
            "query_string": b"",
            "headers": [(b"host", b"testserver"), (b"authorization", b"Bearer " + token.encode())],
        }
        communicator = ApplicationCommunicator(application, scope)
        await communicator.send_input({"type": "http.request"})
        start = await communicator.receive_output(timeout=30)
        body = await communicator.receive_output(timeout=30)
        await communicator.wait(timeout=30)  # closes the connection to the database
        return start["status"], body["body"]

    async def main():
        return await asyncio.gather(*map(ask, [*tokens.values()] * 4))

    expected = [(200, b'{"user": "%s"}' % str(pk).encode()) for pk in tokens]
    assert async_to_sync(main)() == expected * 4


def test_it_is_a_coroutine_function_also_where_it_is_bound():
    bound = partial(aresolve, required=False)
    assert inspect.iscoroutinefunction(bound)


# --- views of REST framework, which are synchronous ---------------------------------------


def test_our_endpoints_run_beside_the_loop(user, pair, statements):
    def send(name, body):
        return async_to_sync(AsyncClient().post)(
            f"/api/v1/auth/{name}/", body, content_type="application/json"
        )

    log_in = {user.USERNAME_FIELD: user.get_username(), "password": PASSWORD}
    for name, body, status in [
        ("token", log_in, 200),
        ("token", {**log_in, "password": "wrong"}, 401),
        ("token/refresh", {"refresh": pair["refresh"]}, 200),
        ("token/verify", {"token": pair["access"]}, 200),
        ("token/revoke", {"refresh": pair["refresh"]}, 204),
    ]:
        statements.clear()
        assert send(name, body).status_code == status, name
        assert statements
        assert not any(on_loop for on_loop, _ in statements), name


def test_a_list_of_ours_is_answered_beside_the_loop(access, statements):
    assert get("/api/v1/auth/sessions/", **bearer(access)).status_code == 200
    assert statements
    assert not any(on_loop for on_loop, _ in statements)
