"""The project's own claims in access tokens, well-behaved and otherwise."""

import contextlib
import math
from types import SimpleNamespace

import pytest
from authkit.login import reauthenticated
from authkit.models import SecurityEvent, Session
from authkit.sessions import tokens
from authkit.sessions.access.bearer import AccessToken
from authkit.sessions.added_claims import RESERVED
from authkit.sessions.validate import session_of_access_token
from authkit.testing import authenticator_app, client_for
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, OperationalError, connection
from django.urls import include, path
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.conftest import AUTH, PASSWORD, Client, bearer
from tests.sessions.forge import claims_of

pytestmark = pytest.mark.django_db

ALL = {"role": "reader", "branches": ["north", {"name": "south"}]}


class Claims:
    """What a project names in the setting; it may be told to return or raise something else."""

    def __init__(self):
        self.outcome = ALL
        self.asked = []

    def __call__(self, user, session):
        self.asked.append((user, session))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def claims(settings):
    settings.AUTHKIT = {"ACCESS_TOKEN_CLAIMS": (claims := Claims())}
    return claims


@pytest.fixture
def browser():
    """A client that sees what a server would answer: 500 instead of the exception."""
    return Client(raise_request_exception=False)


def added(access):
    return {name: value for name, value in claims_of(access).items() if name in ALL}


class RoleView(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request):
        """Answer with the claims, after an attempt to change them for requests to come."""
        payload = request.auth.claims.payload
        branches = payload["branches"]
        with pytest.raises(TypeError):
            payload["role"] = "admin"
        with pytest.raises(TypeError):
            branches[1]["name"] = "all"
        assert not hasattr(branches, "append")
        return Response({"role": payload["role"], "branches": branches})


urlpatterns = [path("api/v1/auth/", include("authkit.urls")), path("role/", RoleView.as_view())]


def test_each_way_to_an_access_token_adds_the_claims(client, user, claims):
    pair = client.pair(user)
    refreshed = client.refresh(pair["refresh"]).json()
    body, own = {"password": PASSWORD}, bearer(refreshed["access"])
    fresh = client.post(AUTH + "reauthenticate/", body, **own).json()
    made_for_tests = client_for(user).access
    app = authenticator_app(user)
    challenge = client.log_in(user).json()["challenge"]
    answer = {"challenge": challenge, "code": app.code()}
    completed = client.post(AUTH + "token/second-factor/", answer).json()
    body = {user.USERNAME_FIELD: user.get_username(), "password": PASSWORD, "otp": app.code()}
    at_once = client.post(AUTH + "token/", body).json()
    for access in [
        *(one["access"] for one in (pair, refreshed, fresh, completed, at_once)),
        made_for_tests,
    ]:
        assert added(access) == ALL
    assert {given for given, _ in claims.asked} == {user}
    assert {session for _, session in claims.asked} == set(Session.objects.all())
    for other in (pair["refresh"], refreshed["refresh"], challenge):
        assert added(other) == {}


def test_a_view_reads_the_claims_and_cannot_change_them(client, user, claims, settings):
    settings.ROOT_URLCONF = __name__
    access = client.pair(user)["access"]
    for _ in range(2):
        assert client.get("/role/", **bearer(access)).json() == ALL


def test_a_refresh_asks_again(client, user, claims):
    pair = client.pair(user)
    claims.outcome = {"role": "librarian"}
    assert added(client.refresh(pair["refresh"]).json()["access"]) == {"role": "librarian"}


def test_a_retry_within_the_grace_gets_the_same_refresh_token(client, user, claims, clock):
    spent = client.pair(user)["refresh"]
    first = client.refresh(spent).json()
    again = client.refresh(spent).json()
    assert again == first
    claims.outcome = {"role": "librarian"}
    changed = client.refresh(spent).json()
    assert changed["refresh"] == first["refresh"]
    assert added(changed["access"]) == {"role": "librarian"}
    assert claims_of(changed["access"])["jti"] != claims_of(first["access"])["jti"]


def test_a_session_that_can_only_set_up_a_factor_gets_none(client, user, claims, settings):
    settings.AUTHKIT = {**settings.AUTHKIT, "SECOND_FACTOR_REQUIRED": "all"}
    access = client.pair(user)["access"]
    assert added(access) == {}
    body = {"password": PASSWORD}
    assert client.post(AUTH + "reauthenticate/", body, **bearer(access)).status_code == 200
    assert claims.asked == []


def test_without_claims_a_token_is_as_before(client, user, claims, settings):
    settings.AUTHKIT = {}
    pair = client.pair(user)
    claims.outcome = {}
    settings.AUTHKIT = {"ACCESS_TOKEN_CLAIMS": claims}
    session = Session.objects.select_related("user").get()
    assert tokens.access_token(session) == pair["access"]


NAMES = sorted({*RESERVED, "iss", "aud", "uid", "kind", "number"})


@pytest.mark.parametrize("name", NAMES)
def test_a_claim_of_authkit_is_refused_and_never_replaced(browser, user, claims, settings, name):
    settings.SIMPLE_JWT = {
        "USER_ID_CLAIM": "uid",
        "TOKEN_TYPE_CLAIM": "kind",
        "JTI_CLAIM": "number",
        "ISSUER": "https://library.example.com",
        "AUDIENCE": "https://library.example.com",
    }
    claims.outcome = {name: "forged"}
    assert browser.log_in(user).status_code == 500
    with pytest.raises(ImproperlyConfigured, match=f"'{name}', which only authkit may write"):
        Client().log_in(user)
    assert not Session.objects.exists()


def nested(levels):
    value = "deep"
    for _ in range(levels):
        value = [value]
    return {"role": value}


CIRCLE: dict = {}
CIRCLE["role"] = CIRCLE

WRONG = {
    "nothing": (None, "a NoneType"),
    "a list": ([("role", "reader")], "a list"),
    "a number as name": ({1: "reader"}, "name 1"),
    "an object": ({"role": object()}, "no form for"),
    "a set": ({"role": {"reader"}}, "no form for"),
    "not a number": ({"role": math.nan}, "no form for"),
    "bytes": ({"role": b"reader"}, "no form for"),
    "a circle": (CIRCLE, "no form for"),
    "deep": (nested(8), "more than 8 levels"),
    "very deep": (nested(100_000), "no form for"),
    "a megabyte": ({"role": "x" * 2**20}, "4096 are accepted"),
    "too much for a header": ({f"role{number}": "reader" for number in range(200)}, "4096"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_a_claim_spends_nothing(browser, user, claims, case):
    refresh = browser.pair(user)["refresh"]
    claims.outcome, sentence = WRONG[case]
    before = Session.objects.values().get()
    assert browser.refresh(refresh).status_code == 500
    assert browser.log_in(user).status_code == 500
    with pytest.raises(ImproperlyConfigured, match=sentence):
        Client().refresh(refresh)
    assert Session.objects.values().get() == before
    claims.outcome = ALL
    assert browser.refresh(refresh).status_code == 200
    assert not SecurityEvent.objects.filter(kind="token_replayed").exists()


def test_the_largest_claims_that_are_taken_are_accepted_in_a_request(client, user, claims):
    claims.outcome = nested(7) | {"note": "\N{EURO SIGN}" * 400}
    access = client.pair(user)["access"]
    assert len(access) <= tokens.MAX_TOKEN_LENGTH
    assert client.sessions(access).status_code == 200


FAULTS = {
    "a bug": (RuntimeError("claims"), 500),
    "a dead database": (OperationalError("the directory is down"), 503),
}


@pytest.fixture(params=FAULTS)
def fault(request, claims):
    """A fault of the project's function, and what it is answered with."""

    def happen():
        claims.outcome, status = FAULTS[request.param]
        return status

    return happen


def test_if_the_claims_fail_then_no_refresh_token_is_spent(browser, user, claims, fault):
    refresh = browser.pair(user)["refresh"]
    status = fault()
    for _ in range(3):
        assert browser.refresh(refresh).status_code == status
    claims.outcome = ALL
    assert browser.refresh(refresh).status_code == 200
    assert not SecurityEvent.objects.filter(kind__in=["token_replayed", "token_reused"]).exists()


def test_if_the_claims_fail_then_a_log_in_leaves_nothing(browser, user, claims, fault, sent):
    status = fault()
    answer = browser.log_in(user)
    assert (answer.status_code, answer.has_header("Retry-After")) == (status, status == 503)
    assert not Session.objects.exists()
    assert not SecurityEvent.objects.filter(kind="session_started").exists()
    assert sent == []
    claims.outcome = ALL
    assert browser.log_in(user).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_if_the_claims_fail_then_no_code_and_no_challenge_is_spent(browser, user, claims, fault):
    app = authenticator_app(user)
    challenge = browser.log_in(user).json()["challenge"]
    answer = {"challenge": challenge, "code": app.code()}
    body = {user.USERNAME_FIELD: user.get_username(), "password": PASSWORD}
    at_once = {**body, "otp": answer["code"]}
    status = fault()
    assert browser.post(AUTH + "token/second-factor/", answer).status_code == status
    assert browser.post(AUTH + "token/", at_once).status_code == status
    claims.outcome = ALL
    pair = browser.post(AUTH + "token/second-factor/", answer).json()
    assert added(pair["access"]) == ALL
    proof, own = {"code": app.code()}, bearer(pair["access"])
    status = fault()
    assert browser.post(AUTH + "reauthenticate/", proof, **own).status_code == status
    claims.outcome = ALL
    assert browser.post(AUTH + "reauthenticate/", proof, **own).status_code == 200


def test_if_the_claims_fail_then_a_proof_of_the_project_spends_no_code(user, claims):
    app = authenticator_app(user)
    access = client_for(user).access
    request = SimpleNamespace(auth=AccessToken(*session_of_access_token(access)))
    code = app.code()
    claims.outcome = RuntimeError("claims")
    with pytest.raises(RuntimeError):
        reauthenticated(request, methods=["swk"], otp=code)
    assert not SecurityEvent.objects.filter(kind="reauthenticated").exists()
    claims.outcome = ALL
    assert added(reauthenticated(request, methods=["swk"], otp=code).access) == ALL


@pytest.mark.django_db(transaction=True)
def test_if_the_function_hides_an_error_of_the_database_then_no_dead_token_is_given_out(
    browser, user, settings
):
    """PostgreSQL ends a transaction with the first error, and turns its COMMIT into a ROLLBACK."""

    def hides(user, session):
        with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM no_such_table")
        return ALL

    settings.AUTHKIT = {"ACCESS_TOKEN_CLAIMS": hides}
    answer = browser.log_in(user)
    if connection.vendor == "postgresql":
        assert answer.status_code >= 500
        assert not Session.objects.exists()
    else:
        assert browser.sessions(answer.json()["access"]).status_code == 200


@pytest.mark.parametrize("wrong", ["library.tokens.claims_of", f"{__name__}.added", "", 7, [len]])
def test_a_function_that_cannot_be_asked_is_found_by_the_check(settings, wrong):
    settings.AUTHKIT = {"ACCESS_TOKEN_CLAIMS": wrong}
    [said] = [one for one in run_checks() if one.id == "authkit.E003"]
    assert "ACCESS_TOKEN_CLAIMS" in said.msg


def test_a_dotted_path_names_the_function(client, user, settings):
    settings.AUTHKIT = {"ACCESS_TOKEN_CLAIMS": f"{__name__}.library_claims"}
    assert claims_of(client.pair(user)["access"])["library"] == {"card": "0042"}


def library_claims(user, session):
    return {"library": {"card": "0042"}}
