"""The authenticators, permissions and throttles in the async views of adrf."""

import asyncio

import pytest
from adrf.decorators import api_view
from adrf.serializers import ModelSerializer
from adrf.views import APIView
from adrf.viewsets import ReadOnlyModelViewSet
from asgiref.sync import async_to_sync, sync_to_async
from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from authkit.core.identity.models import UnverifiedEmail
from authkit.errors import StepUpRequired
from authkit.models import SecurityEvent, Session
from authkit.permissions import HasScope, HasSecondFactor, HasVerifiedEmail, RecentlyAuthenticated
from authkit.throttling import UserThrottle
from django.contrib.auth import get_user_model
from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import SynchronousOnlyOperation
from django.db import OperationalError, connection, transaction
from django.test import AsyncClient
from django.urls import include, path
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.response import Response

from tests.database.statements import failing_statement

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.principals.test_adrf"),
]


class WhoAmI(APIView):
    async def get(self, request):
        return Response({"user": str(request.user.pk), "auth": type(request.auth).__name__})


class Shelf(WhoAmI):
    async def get(self, request):
        await sync_to_async(self.check_object_permissions)(request, "a shelf")
        return await super().get(request)


class BlockingShelf(WhoAmI):
    async def get(self, request):
        self.check_object_permissions(request, "a shelf")
        return await super().get(request)


@api_view(["GET"])
async def decorated(request):
    return Response({"user": str(request.user.pk)})


class ReaderSerializer(ModelSerializer):
    class Meta:
        model = get_user_model()
        fields = ["pk"]


class Readers(ReadOnlyModelViewSet):
    queryset = get_user_model().objects.order_by("pk")
    serializer_class = ReaderSerializer
    pagination_class = None


class Faulty(APIView):
    async def get(self, request):
        raise StepUpRequired


class TwicePerHour(UserThrottle):
    rate = "2/hour"


def view(*permissions, cls=WhoAmI, **attributes):
    attributes.setdefault("permission_classes", permissions or [IsAuthenticated])
    return transaction.non_atomic_requests(cls.as_view(**attributes))


READ, WRITE = HasScope("books:read"), HasScope("books:write")

#: Permissions, and what they answer to a token, and to a key that may read.
COMPOSED = {
    "read": ([READ], 200, 200),
    "write": ([WRITE], 200, 403),
    "read and write": ([READ & WRITE], 200, 403),
    "two": ([READ, WRITE], 200, 403),
    "read or write": ([READ | WRITE], 200, 200),
    "write or read": ([WRITE | READ], 200, 200),
    "not write": ([IsAuthenticated, ~WRITE], 403, 200),
    "not read": ([IsAuthenticated & ~READ], 403, 403),
    "admin and read": ([IsAdminUser & READ], 403, 403),
    "admin or read": ([IsAdminUser | READ], 200, 200),
    "admin or write": ([IsAdminUser | WRITE], 200, 403),
    "nested": ([(IsAdminUser | READ) & ~(WRITE & IsAuthenticated)], 403, 200),
    "recent": ([RecentlyAuthenticated], 200, 403),
    "factor": ([HasSecondFactor], 401, 403),
    "factor or read": ([HasSecondFactor | READ], 200, 200),
    "read and factor": ([READ & HasSecondFactor], 401, 403),
    "admin or factor": ([IsAdminUser | HasSecondFactor], 401, 403),
}

#: Permissions that a view with objects asks twice: about the request, and about the object.
READERS = {
    "read": [READ],
    "read and verified": [READ & HasVerifiedEmail],
    "factor or read": [HasSecondFactor | READ],
    "not write": [IsAuthenticated & ~WRITE],
}


def readers(actions, **attributes):
    return transaction.non_atomic_requests(Readers.as_view(actions, **attributes))


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("me", view()),
    path("open", view(AllowAny)),
    path("token", view(authentication_classes=[JWTAuthentication])),
    path("key", view(authentication_classes=[APIKeyAuthentication])),
    path("throttled", view(throttle_classes=[TwicePerHour])),
    path("shelf", view(HasVerifiedEmail, cls=Shelf)),
    path("combined-shelf", view(READ & HasVerifiedEmail, cls=Shelf)),
    path("blocking-shelf", view(HasVerifiedEmail, cls=BlockingShelf)),
    path("blocking-combined-shelf", view(READ & HasVerifiedEmail, cls=BlockingShelf)),
    path("faulty", view(cls=Faulty)),
    *(
        path(f"readers/{name}/<pk>", readers({"get": "aretrieve"}, permission_classes=listed))
        for name, listed in READERS.items()
    ),
    path("readers", readers({"get": "alist"}, permission_classes=[IsAuthenticated])),
    path("decorated", transaction.non_atomic_requests(decorated)),
    *(path(f"composed/{name}", view(*listed)) for name, (listed, *_) in COMPOSED.items()),
]


def get(url, headers=None):
    return async_to_sync(AsyncClient().get)(url, headers=headers or {})


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def is_on_loop():
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@pytest.fixture
def on_loop():
    """For each statement, whether it ran on an event loop."""
    seen = []

    def note(execute, sql, params, many, context):
        seen.append(is_on_loop())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def test_tokens_and_keys_are_accepted_in_one_query_beside_the_loop(user, access, key, on_loop):
    get("/me", {"X-API-Key": key})  # writes the last use
    for headers, kind in [(bearer(access), "AccessToken"), ({"X-API-Key": key}, "APIKey")]:
        on_loop.clear()
        response = get("/me", headers)
        assert (response.status_code, response.json()) == (
            200,
            {"user": str(user.pk), "auth": kind},
        )
        assert on_loop == [False]


def test_a_function_accepts_them_too(user, access):
    assert get("/decorated", bearer(access)).json() == {"user": str(user.pk)}
    assert get("/decorated").status_code == 401


INVALID_TOKEN = 'Bearer realm="api", error="invalid_token"'


@pytest.mark.parametrize(
    ("url", "headers", "status", "challenge"),
    [
        ("/me", {}, 401, 'Bearer realm="api"'),
        ("/key", {}, 401, 'ApiKey realm="api"'),
        ("/me", bearer("x"), 401, INVALID_TOKEN),
        ("/open", bearer("x"), 401, INVALID_TOKEN),
        ("/me", {"X-API-Key": "x"}, 401, 'ApiKey realm="api"'),
        ("/open", {"X-API-Key": "x"}, 401, 'ApiKey realm="api"'),
        ("/me", {**bearer("x"), "X-API-Key": "x"}, 400, None),
        ("/token", {"X-API-Key": "x"}, 401, 'Bearer realm="api"'),
    ],
)
def test_a_refusal_has_status_and_challenge(url, headers, status, challenge):
    response = get(url, headers)
    assert response.status_code == status
    assert response.headers.get("WWW-Authenticate") == challenge


def test_a_session_that_ended_is_refused(client, pair):
    client.revoke(pair["refresh"])
    response = get("/me", bearer(pair["access"]))
    assert response.status_code == 401
    assert response.data["detail"].code == "session_ended"


def test_a_key_over_its_rate_limit_is_told_when_to_come_back(make_key):
    _, key = make_key(rate="1/hour")
    assert get("/me", {"X-API-Key": key}).status_code == 200
    response = get("/me", {"X-API-Key": key})
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 3600


def test_while_the_database_is_down_the_answer_is_503(access):
    with failing_statement("SELECT", Session, OperationalError("connection lost")):
        assert get("/me", bearer(access)).status_code == 503


@pytest.mark.parametrize("name", COMPOSED)
def test_permissions_combine_as_in_other_views(name, access, key, on_loop):
    _, for_token, for_key = COMPOSED[name]
    assert get(f"/composed/{name}", bearer(access)).status_code == for_token
    assert get(f"/composed/{name}", {"X-API-Key": key}).status_code == for_key
    assert get(f"/composed/{name}").status_code == 401
    assert not any(on_loop)


def test_a_refusal_of_a_permission_has_its_challenge_and_event(access, key):
    response = get("/composed/read and factor", bearer(access))
    assert response.data["detail"].code == StepUpRequired.default_code
    assert 'error="insufficient_user_authentication"' in response.headers["WWW-Authenticate"]
    response = get("/composed/admin or write", {"X-API-Key": key})
    assert 'scope="books:write"' in response.headers["WWW-Authenticate"]
    kinds = SecurityEvent.objects.exclude(kind="session_started").values_list("kind", flat=True)
    assert sorted(kinds) == ["scope_missing", "step_up_required"]


@pytest.mark.addresses
def test_an_object_is_checked_in_a_thread(user, access, on_loop):
    for shelf in ("/shelf", "/combined-shelf"):
        assert get(shelf, bearer(access)).status_code == 200
    assert not any(on_loop)
    with pytest.raises(SynchronousOnlyOperation):
        get("/blocking-shelf", bearer(access))
    with pytest.raises(RuntimeError, match="event loop"):
        get("/blocking-combined-shelf", bearer(access))
    UnverifiedEmail.objects.create(user=user)
    for shelf in ("/shelf", "/combined-shelf"):
        assert get(shelf, bearer(access)).status_code == 403


def test_throttles_count_beside_the_loop(access, on_loop):
    answers = [get("/throttled", bearer(access)).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert not any(on_loop)


def test_twenty_requests_at_once_are_each_their_own(make_user, client):
    users = [make_user() for _ in range(4)]
    tokens = {str(user.pk): client.pair(user)["access"] for user in users}

    async def main():
        return await asyncio.gather(
            *(AsyncClient().get("/me", headers=bearer(token)) for token in [*tokens.values()] * 5)
        )

    answers = async_to_sync(main)()
    assert [answer.json()["user"] for answer in answers] == [*tokens] * 5


# --- views with objects -------------------------------------------------------------------


@pytest.mark.parametrize("name", READERS)
def test_a_viewset_asks_about_its_object_beside_the_loop(name, user, key, on_loop):
    response = get(f"/readers/{name}/{user.pk}", {"X-API-Key": key})
    assert (response.status_code, str(response.data["pk"])) == (200, str(user.pk))
    assert on_loop
    assert not any(on_loop)


@pytest.mark.addresses
def test_a_viewset_refuses_and_records_beside_the_loop(user, key, make_key, on_loop):
    _, without = make_key(owner=user, scopes=["books:write"])
    response = get(f"/readers/read/{user.pk}", {"X-API-Key": without})
    assert (response.status_code, response.data["detail"].code) == (403, "insufficient_scope")
    assert [event.kind for event in SecurityEvent.objects.all()] == ["scope_missing"]
    UnverifiedEmail.objects.create(user=user)
    url = f"/readers/read and verified/{user.pk}"
    assert get(url, {"X-API-Key": key}).status_code == 403
    assert not any(on_loop)


def test_a_list_of_a_viewset_is_read_beside_the_loop(user, access, on_loop):
    response = get("/readers", bearer(access))
    assert [str(one["pk"]) for one in response.data] == [str(user.pk)]
    assert not any(on_loop)


# --- what else could block ----------------------------------------------------------------


@pytest.mark.parametrize("handler", ["exception_handler", "problem_details_handler"])
def test_refusals_are_answered_on_the_loop_and_ask_nothing(handler, settings, access, on_loop):
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "EXCEPTION_HANDLER": f"authkit.errors.{handler}",
    }
    for url, headers, status, code in [
        ("/me", {}, 401, "not_authenticated"),
        ("/me", bearer("x"), 401, "token_invalid"),
        ("/composed/factor", bearer(access), 401, "step_up_required"),
        ("/composed/not write", bearer(access), 403, "permission_denied"),
        ("/faulty", bearer(access), 401, "step_up_required"),
    ]:
        response = get(url, headers)
        assert (response.status_code, response.json()["code"]) == (status, code), url
    assert not any(on_loop)


def test_the_cache_is_asked_beside_the_loop(settings, key, monkeypatch):
    settings.AUTHKIT = {**settings.AUTHKIT, "API_KEY_CACHE_SECONDS": 60}
    asked = []
    for name in ("get", "set", "add", "incr", "delete"):
        monkeypatch.setattr(LocMemCache, name, noting(getattr(LocMemCache, name), asked))
    for _ in range(2):
        assert get("/me", {"X-API-Key": key}).status_code == 200
    get("/throttled", {"X-API-Key": key})
    assert asked
    assert not any(asked)


def noting(method, asked):
    def noted(self, *args, **options):
        asked.append(is_on_loop())
        return method(self, *args, **options)

    return noted
