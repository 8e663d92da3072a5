"""The views of a project while the database is down: 503, as the endpoints of authkit answer."""

from functools import partial

import pytest
from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from authkit.core.identity.models import UnverifiedEmail
from authkit.core.limits.models import RequestCount
from authkit.models import APIKey, Session
from authkit.permissions import HasVerifiedEmail
from authkit.sessions.access.permissions import MayAddCredentials
from authkit.throttling import (
    AnonymousThrottle,
    APIKeyThrottle,
    ScopedThrottle,
    StaffThrottle,
    UserThrottle,
)
from django.db import (
    IntegrityError,
    OperationalError,
    close_old_connections,
    connection,
)
from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.conftest import bearer
from tests.database.outages import closed_port, connection_number, end_connection
from tests.database.statements import at_statement, failing_statement
from tests.sessions.crowd import Crowd

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.core.http.test_outages"),
]

ATOMIC = connection.settings_dict["ATOMIC_REQUESTS"]
PROBLEMS = "authkit.errors.problem_details_handler"


class ProjectView(APIView):
    throttle_scope = "export"

    def get(self, request):
        return Response({})


BOTH = [JWTAuthentication, APIKeyAuthentication]


def view(*, authenticators=BOTH, permissions=(AllowAny,), throttles=()):
    return ProjectView.as_view(
        authentication_classes=authenticators,
        permission_classes=permissions,
        throttle_classes=[type(one.__name__, (one,), {"rate": "100/h"}) for one in throttles],
    )


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("jwt", view(authenticators=[JWTAuthentication])),
    path("key", view(authenticators=[APIKeyAuthentication])),
    path("verified", view(permissions=[HasVerifiedEmail])),
    path("credentials", view(permissions=[MayAddCredentials])),
    path("anonymous", view(throttles=[AnonymousThrottle])),
    path("user", view(throttles=[UserThrottle])),
    path("staff", view(throttles=[StaffThrottle])),
    path("throttled-key", view(throttles=[APIKeyThrottle])),
    path("scoped", view(throttles=[ScopedThrottle])),
]

#: Path, credential, and the statement in which the database is lost.
CASES = {
    "JWTAuthentication": ("/jwt", "token", "SELECT", Session),
    "APIKeyAuthentication": ("/key", "key", "SELECT", APIKey),
    "a key with a rate": ("/key", "rated", "UPDATE", RequestCount),
    "HasVerifiedEmail": ("/verified", "token", "SELECT", UnverifiedEmail),
    "MayAddCredentials": ("/credentials", "token", "SELECT", UnverifiedEmail),
    "AnonymousThrottle": ("/anonymous", None, "UPDATE", RequestCount),
    "UserThrottle": ("/user", "token", "UPDATE", RequestCount),
    "StaffThrottle": ("/staff", "staff", "UPDATE", RequestCount),
    "APIKeyThrottle": ("/throttled-key", "key", "UPDATE", RequestCount),
    "ScopedThrottle": ("/scoped", None, "UPDATE", RequestCount),
}


@pytest.fixture(autouse=True)
def _counted_in_the_database(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def credentials(client, make_user):
    """The headers of each kind of client."""
    owner, staff = make_user(), make_user(is_staff=True)
    keys = [APIKey.objects.create_key(name="job", rate=rate)[1] for rate in ("", "100/h")]
    return {
        None: {},
        "token": bearer(client.pair(owner)["access"]),
        "staff": bearer(client.pair(staff)["access"]),
        "key": {"HTTP_X_API_KEY": keys[0]},
        "rated": {"HTTP_X_API_KEY": keys[1]},
    }


def assert_unavailable(answer):
    assert answer.status_code == 503, answer.content
    assert answer.headers["Retry-After"] == "5"
    assert "unavailable at present" in answer.json()["detail"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_statement_that_fails_is_503(client, credentials, case):
    where, credential, verb, model = case
    with failing_statement(verb, model, OperationalError("the server has gone away")):
        assert_unavailable(client.get(where, **credentials[credential]))
    assert client.get(where, **credentials[credential]).status_code == 200


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_fault_of_the_program_stays_loud(client, credentials, case):
    where, credential, verb, model = case
    with failing_statement(verb, model, IntegrityError), pytest.raises(IntegrityError):
        client.get(where, **credentials[credential])


@pytest.mark.concurrency
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_connection_that_the_server_ends_is_503(client, credentials, case):
    where, credential, verb, model = case
    number = connection_number()
    with Crowd(1) as crowd:
        cut = partial(crowd.at_once, [partial(end_connection, number)])
        with at_statement(verb, model, cut):
            assert_unavailable(client.get(where, **credentials[credential]))
    close_old_connections()
    assert client.get(where, **credentials[credential]).status_code == 200


@pytest.mark.concurrency
@pytest.mark.skipif(ATOMIC, reason="Django opens the connection before it calls the view")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_database_that_does_not_listen_is_503(client, credentials, case):
    where, credential, _, _ = case
    with closed_port():
        assert_unavailable(client.get(where, **credentials[credential]))
    assert client.get(where, **credentials[credential]).status_code == 200


def test_what_needs_no_database_is_answered(client, credentials, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

    def down(*args):
        raise OperationalError

    with connection.execute_wrapper(down):
        for where in ("/jwt", "/key", "/anonymous", "/scoped"):
            assert client.get(where).status_code == 200
        assert client.get("/key", HTTP_X_API_KEY="no key").status_code == 401
        assert client.get("/jwt", **bearer("no token")).status_code == 401


def test_the_handler_of_the_project_formats_it(client, credentials, settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"EXCEPTION_HANDLER": PROBLEMS}
    with failing_statement("SELECT", Session, OperationalError()):
        answer = client.get("/jwt", **credentials["token"])
    assert_unavailable(answer)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "service_unavailable"


def test_an_outage_of_many_requests_is_one_line(client, credentials, caplog):
    def down(*args):
        raise OperationalError("the server has gone away")

    with connection.execute_wrapper(down):
        for _ in range(20):
            client.get("/jwt", **credentials["token"])
    lines = [text for text in caplog.messages if text.startswith("The database failed")]
    assert 1 <= len(lines) <= 2
    assert "Traceback" not in caplog.text
