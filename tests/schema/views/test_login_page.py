"""Redirects before the view is asked: those to the login page refuse, all others do not."""

from __future__ import annotations

from functools import wraps

import pytest
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.rules.declared_optional_but_rejects import RULE as OPTIONAL_BUT_REJECTS
from authkit.schema.rules.reject_status_undocumented import RULE as UNDOCUMENTED
from django.contrib.auth.decorators import login_required, user_passes_test
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path
from django.utils.decorators import method_decorator
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.test import APIClient
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import HOOK, JWTView, OpenView, audited_schema, found, operation, view

LOGIN = "/accounts/login/"
BOTH = [JWTAuthentication, SessionAuthentication]
TIERS = pytest.mark.parametrize("tier", [Tier.T1, Tier.T2, Tier.T3], ids=lambda tier: tier.label)

#: As a project would write them; `login_required` and its like ask for Django's own user.
Sessions = view(JWTView, authentication_classes=BOTH, permission_classes=[AllowAny])
Mixed = type("Mixed", (LoginRequiredMixin, Sessions), {})

# ATOMIC_REQUESTS opens a transaction around every view
pytestmark = pytest.mark.django_db


def sends_to(where, status=302):
    """A decorator that redirects every client to *where*."""

    def decorate(callback):
        @wraps(callback)
        def answer(request, *args, **kwargs):
            return HttpResponse(status=status, headers={"Location": where})

        return answer

    return decorate


def decision_about(callback, tier=Tier.T2, at="thing/", **patches):
    (audited,) = audited_schema(path(at, callback), probe=Probe(tier), **patches).operations
    return audited.decision


def names(decision):
    return [type(one).__name__ for each in decision.alternatives for one in each]


REFUSING = {
    "login_required": login_required(Sessions.as_view()),
    "LoginRequiredMixin": Mixed.as_view(),
    "user_passes_test": user_passes_test(lambda user: user.is_staff)(Sessions.as_view()),
}


@TIERS
@pytest.mark.parametrize("callback", REFUSING.values(), ids=REFUSING)
def test_a_redirect_to_the_login_page_refuses_anonymous_callers(callback, tier):
    decision = decision_about(callback, tier)
    assert (decision.state, decision.refusal) == (State.SECURED, 302)
    assert decision.reason == (
        f"answered 302 to {LOGIN}?next=/thing/ before the permissions are asked"
    )
    # Who is logged in there is known to Django, which no token is.
    assert names(decision) == ["SessionAuthentication"]


@pytest.mark.parametrize("callback", REFUSING.values(), ids=REFUSING)
def test_a_live_request_is_answered_so(callback, urlconf, settings):
    settings.ROOT_URLCONF = urlconf(path("thing/", callback))
    answer = APIClient().get("/thing/")
    assert (answer.status_code, answer["Location"]) == (302, f"{LOGIN}?next=/thing/")


@pytest.mark.parametrize("login", ["enter", "https://sso.example.com/enter?tenant=1", "/enter/"])
def test_the_login_page_may_be_a_view_or_on_another_host(settings, urlconf, login):
    routes = [
        path("thing/", login_required(Sessions.as_view())),
        path("enter/", lambda request: HttpResponse(), name="enter"),
    ]
    settings.LOGIN_URL, settings.ROOT_URLCONF = login, urlconf(*routes)
    (audited,) = audited_schema(*routes, probe=Probe(Tier.T2)).operations
    assert audited.decision.state is State.SECURED


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", [LOGIN, f"{LOGIN}?next=/", "../accounts/login/", f"{LOGIN}#top"])
def test_any_redirect_to_the_login_page_counts(where, status):
    decision = decision_about(sends_to(where, status)(Sessions.as_view()))
    assert (decision.state, decision.refusal) == (State.SECURED, status)


ELSEWHERE = {
    "another page": "/accounts/",
    "below it": f"{LOGIN}help/",
    "without the slash": "/accounts/login",
    "the same page of another host": f"https://elsewhere.example{LOGIN}",
    "in the query": f"/?next={LOGIN}",
    "nothing": "",
    "no address": "http://[",
}


@TIERS
@pytest.mark.parametrize("where", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_redirect_elsewhere_is_no_refusal(where, tier):
    decision = decision_about(sends_to(where)(Sessions.as_view()), tier)
    assert (decision.state, decision.refusal) == (State.UNDECIDED, None)


@pytest.mark.parametrize("status", [200, 204, 304, 404, 500])
def test_a_url_without_a_redirect_is_no_refusal(status):
    decision = decision_about(sends_to(LOGIN, status)(Sessions.as_view()))
    assert decision.state is State.UNDECIDED


def test_a_redirect_of_the_login_page_to_itself_is_no_refusal():
    callback = sends_to(f"{LOGIN}?step=1")(Sessions.as_view())
    assert decision_about(callback, at=LOGIN[1:]).state is State.UNDECIDED


@pytest.mark.parametrize("login", ["", None, "no-view-of-this-name"])
def test_without_a_login_page_no_redirect_refuses(settings, login):
    settings.LOGIN_URL = login
    assert decision_about(sends_to(LOGIN)(Sessions.as_view())).state is State.UNDECIDED


class WantsLogin:
    """A middleware that redirects anonymous users to the login page, but for one path."""

    where = LOGIN

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated or request.path == "/status/":
            return self.get_response(request)
        return redirect(self.where)


class Maintenance(WantsLogin):
    where = "/maintenance/"


ROUTES = [
    path("status/", OpenView.as_view()),
    path("thing/", view(permission_classes=[AllowAny]).as_view()),
    path("own/", JWTView.as_view()),
]


def test_a_middleware_that_sends_to_the_login_page_refuses(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.WantsLogin"]
    audited = audited_schema(*ROUTES, probe=Probe(Tier.T2)).operations
    assert {one.path: one.decision.state for one in audited} == {
        "/status/": State.PUBLIC,
        "/thing/": State.SECURED,
        "/own/": State.SECURED,
    }
    by_path = {one.path: names(one.decision) for one in audited}
    # The authenticators of the view stay; none is invented where it has none.
    assert by_path["/thing/"] == []
    assert by_path["/own/"] == ["JWTAuthentication"]


def test_a_middleware_that_sends_elsewhere_does_not(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Maintenance"]
    audited = audited_schema(*ROUTES, probe=Probe(Tier.T2)).operations
    assert {one.path: one.decision.state for one in audited} == {
        "/status/": State.PUBLIC,
        "/thing/": State.UNDECIDED,
        # Its own permissions refuse, as they do without the middleware.
        "/own/": State.SECURED,
    }
    assert {one.decision.refusal for one in audited} == {None}


class InTheHandler(Sessions):
    @method_decorator(login_required)
    def get(self, request):
        """Is never reached by an unauthenticated client."""


class SentAway(Sessions):
    def get(self, request):
        return HttpResponseRedirect("/things/1/")


def test_a_handler_that_sends_to_the_login_page_is_found_at_t4():
    decision = decision_about(InTheHandler.as_view(), Tier.T3)
    assert decision.is_open
    decision = decision_about(InTheHandler.as_view(), Tier.T4)
    assert (decision.state, decision.refusal) == (State.SECURED, 302)
    assert decision.reason == "the handler answers 302"


def test_a_handler_that_redirects_elsewhere_is_open():
    assert decision_about(SentAway.as_view(), Tier.T4).is_open


class TestTheDocument:
    def test_says_what_it_takes_and_what_is_answered(self):
        routes = [path("thing/", Mixed.as_view())]
        document = audited_schema(*routes, hooks=[HOOK]).document
        written = operation(document)
        assert written["security"] == [{"cookieAuth": []}]
        assert written["responses"]["302"] == {
            "description": "The caller is sent to the login page."
        }
        assert not written["responses"].keys() & {"401", "403"}

    def test_is_found_to_be_false_without_the_hook(self):
        routes = [path("thing/", Mixed.as_view())]
        assert found(OPTIONAL_BUT_REJECTS, *routes) == ["GET /thing/"]
        assert found(UNDOCUMENTED, *routes) == ["GET /thing/"]

    def test_is_true_with_it(self):
        routes = [path("thing/", Mixed.as_view())]
        assert found(OPTIONAL_BUT_REJECTS, *routes, hooks=[HOOK]) == []
        assert found(UNDOCUMENTED, *routes, hooks=[HOOK]) == []

    @pytest.mark.parametrize("key", ["302", "3XX", "default"])
    def test_may_have_said_it_before(self, key):
        def change(document):
            responses = operation(document)["responses"]
            responses[key] = {"description": "Log in first."}

        routes = [path("thing/", Mixed.as_view())]
        assert found(UNDOCUMENTED, *routes, change=change) == []
