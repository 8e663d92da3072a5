"""A project proves a logged-in user by its own means: ``authkit.login.reauthenticated``."""

from dataclasses import asdict
from functools import partial

import jwt
import pytest
from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from authkit.login import reauthenticated
from authkit.models import APIKey, SecurityEvent, Session
from authkit.permissions import HasSecondFactor, RecentlyAuthenticated
from authkit.views import OwnerView
from django.contrib.auth import get_user_model
from django.test import override_settings
from django.urls import include, path
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.conftest import Client, bearer
from tests.database.statements import at_statement
from tests.factors.answers import STEP_UP_CHALLENGE
from tests.factors.calls import confirm, disable, set_up
from tests.factors.phone import Phone
from tests.sessions.answers import INVALID_CREDENTIALS, SESSION_ENDED, assert_session_lives
from tests.sessions.crowd import Crowd

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]


class SingleSignOnView(OwnerView):
    """What a project writes; its identity provider says who came back, and how they proved it."""

    authentication_classes = [JWTAuthentication, APIKeyAuthentication]
    permission_classes = [AllowAny]

    def post(self, request):
        before_proof(request)
        user = get_user_model().objects.get(pk=request.data["user"])
        fresh = reauthenticated(
            request, methods=request.data["methods"], user=user, otp=request.data.get("otp")
        )
        return Response(asdict(fresh))


class RecentView(APIView):
    permission_classes = [IsAuthenticated, RecentlyAuthenticated]

    def get(self, request):
        return Response(None)


class FactorView(RecentView):
    permission_classes = [IsAuthenticated, HasSecondFactor]


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("sso/", SingleSignOnView.as_view()),
    path("recent/", RecentView.as_view()),
    path("factor/", FactorView.as_view()),
]

#: What happens while the identity provider is asked.
_meanwhile = []


def before_proof(request):
    while _meanwhile:
        _meanwhile.pop()()


@pytest.fixture(autouse=True)
def _mailers(mailers):
    """Owners are told what happens."""


@pytest.fixture
def pair(client, user, clock):
    """The tokens of a log-in ten minutes ago."""
    pair = client.pair(user)
    clock.shift(290)
    pair = client.refresh(pair["refresh"]).json()
    clock.shift(290)
    return client.refresh(pair["refresh"]).json()


def come_back(access, user, methods=("swk",), **body):
    body = {"user": str(user.pk), "methods": list(methods), **body}
    return Client().post("/sso/", body, **bearer(access))


def claims(access):
    return jwt.decode(access, options={"verify_signature": False})


def assert_is_stale(client, access):
    answer = client.get("/recent/", **bearer(access))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == f"{STEP_UP_CHALLENGE}, max_age=300"


def test_the_token_has_a_proof_of_now_and_opens_what_asks_for_it(client, user, pair, clock):
    assert_is_stale(client, pair["access"])
    answer = come_back(pair["access"], user)
    assert (answer.status_code, sorted(answer.json())) == (200, ["access", "expires_in"])
    fresh = answer.json()["access"]
    assert claims(fresh)["auth_time"] - claims(pair["access"])["auth_time"] == 580
    assert claims(fresh)["amr"] == ["pwd", "swk"]
    assert client.get("/recent/", **bearer(fresh)).status_code == 200
    assert_session_lives(client, pair)


def test_the_proof_is_in_that_token_alone_and_the_methods_are_the_sessions(client, user, pair):
    come_back(pair["access"], user)
    following = client.refresh(pair["refresh"]).json()["access"]
    assert claims(following)["auth_time"] == claims(pair["access"])["auth_time"]
    assert claims(following)["amr"] == ["pwd", "swk"]
    assert_is_stale(client, pair["access"])


def test_it_is_recorded_with_what_was_proved(user, pair, security_log):
    come_back(pair["access"], user, ["swk", "user"])
    [(level, facts)] = security_log("reauthenticated")
    assert (level, facts["amr"]) == ("INFO", ["swk", "user"])
    assert facts["session"] == str(Session.objects.get().pk)
    assert SecurityEvent.objects.filter(kind="reauthenticated").count() == 1


def test_the_proof_of_another_user_is_refused(make_user, pair):
    answer = come_back(pair["access"], make_user())
    assert_refused_plainly(answer, 401, INVALID_CREDENTIALS["detail"])
    assert Session.objects.get().methods == "pwd"
    assert SecurityEvent.objects.filter(kind="reauthentication_failed").count() == 1


def assert_refused_plainly(answer, status, detail):
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)


def test_no_session_no_proof(user):
    answer = Client().post("/sso/", {"user": str(user.pk), "methods": ["swk"]})
    assert answer.status_code == 401


def test_an_api_key_is_no_session(user):
    _, key = APIKey.objects.create_key(name="robot", owner=user)
    body = {"user": str(user.pk), "methods": ["swk", "mfa"]}
    answer = Client().post("/sso/", body, HTTP_X_API_KEY=key)
    assert answer.status_code == 403


def log_out(pair):
    Client().revoke(pair["refresh"])


def set_password(pair):
    user = get_user_model().objects.get()
    user.set_password("another battery staple")
    user.save()


def deactivate(pair):
    get_user_model().objects.update(is_active=False)


@pytest.mark.parametrize("happens", [log_out, set_password, deactivate], ids=lambda f: f.__name__)
def test_a_session_that_ends_meanwhile_gets_no_proof(user, pair, happens):
    _meanwhile.append(partial(happens, pair))
    answer = come_back(pair["access"], user)
    assert_refused_plainly(answer, 401, SESSION_ENDED["detail"])
    assert Session.objects.get().methods == "pwd"
    assert not SecurityEvent.objects.filter(kind="reauthenticated").exists()


# --- with a second factor ----------------------------------------------------------------------


@pytest.fixture
def phone(client, user, clock):
    access = client.pair(user)["access"]
    phone = Phone(set_up(client, access).json()["secret"], clock)
    assert confirm(client, access, phone.code()).status_code == 200
    phone.access = access
    return phone


def test_a_user_with_a_second_factor_needs_its_code(client, user, phone):
    assert_code_refused_plainly(come_back(phone.access, user))
    assert_code_refused_plainly(come_back(phone.access, user, otp=phone.wrong_code()))
    answer = come_back(phone.access, user, otp=phone.fresh_code())
    assert claims(answer.json()["access"])["amr"] == ["pwd", "otp", "mfa", "swk"]


def assert_code_refused_plainly(answer):
    assert_refused_plainly(answer, 401, "The code is not valid.")


def test_codes_have_one_budget(client, user, phone):
    for _ in range(10):
        come_back(phone.access, user, otp=phone.wrong_code())
    assert come_back(phone.access, user, otp=phone.fresh_code()).status_code == 429


def test_a_proof_by_two_factors_of_the_project_is_enough(client, user, pair, phone):
    assert come_back(phone.access, user, ["swk", "mfa"]).status_code == 200


def test_a_proof_by_two_factors_raises_a_session_that_has_passed_one(client, user, pair):
    assert client.get("/factor/", **bearer(pair["access"])).status_code == 401
    fresh = come_back(pair["access"], user, ["hwk", "mfa"]).json()["access"]
    assert client.get("/factor/", **bearer(fresh)).status_code == 200


def test_methods_that_were_lost_meanwhile_do_not_come_back(client, user, phone):
    """Race: the factor is turned off after the request was authenticated."""
    _meanwhile.append(lambda: disable(Client(), phone.access, phone.fresh_code()))
    come_back(phone.access, user)
    assert Session.objects.get().methods == "pwd swk"


def test_a_claim_of_the_project_that_fails_spends_no_code(user, phone, settings):
    def fails(user, session):
        raise LookupError

    code = phone.fresh_code()
    settings.AUTHKIT = {"ACCESS_TOKEN_CLAIMS": fails}
    with pytest.raises(LookupError):
        come_back(phone.access, user, otp=code)
    assert Session.objects.get().methods == "pwd otp mfa"
    settings.AUTHKIT = {}
    assert come_back(phone.access, user, otp=code).status_code == 200


def test_a_factor_that_is_turned_on_meanwhile_is_asked_for(client, user, pair, clock):
    """Race: after the user was found to have none, before the rows are locked."""
    access = client.pair(user)["access"]
    phone = Phone(set_up(client, access).json()["secret"], clock)

    def turn_on():
        assert confirm(Client(), access, phone.code()).status_code == 200

    with at_statement("UPDATE", get_user_model(), turn_on):
        answer = come_back(access, user)
    assert_code_refused_plainly(answer)
    assert not SecurityEvent.objects.filter(kind="reauthenticated").exists()


@pytest.mark.concurrency
def test_no_proof_survives_a_log_out_at_the_same_moment(user, pair):
    with Crowd(6) as crowd:
        proofs = [partial(come_back, pair["access"], user)] * 5
        *answers, _ = crowd.at_once([*proofs, partial(Client().revoke, pair["refresh"])])
    assert {answer.status_code for answer in answers} <= {200, 401}
    assert not Session.objects.get().is_live()
    for answer in answers:
        if answer.status_code == 200:
            assert Client().sessions(answer.json()["access"]).status_code == 401


@override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": "all"})
def test_without_two_factors_it_lifts_no_duty_to_set_one_up(client, user):
    access = client.pair(user)["access"]
    assert come_back(access, user).status_code == 403
    assert client.get("/recent/", **bearer(access)).status_code == 403
