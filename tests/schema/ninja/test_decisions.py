"""Who may call an operation of Django Ninja, without its handler being run."""

from __future__ import annotations

from functools import wraps
from threading import Event, Thread

import pytest
from authkit.authentication import resolve
from authkit.models import SecurityEvent
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Tier
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from ninja import Router, Schema
from ninja.decorators import decorate_view
from ninja.errors import AuthenticationError, HttpError
from ninja.operation import Operation
from ninja.pagination import paginate
from ninja.security import APIKeyCookie, HttpBearer, django_auth
from ninja.throttling import BaseThrottle

from tests.schema.ninja.apis import (
    RUN,
    Bearer,
    Key,
    audited,
    audited_routes,
    decided,
    new_api,
    ran,
)

pytestmark = pytest.mark.django_db

TIERS = (Tier.T1, Tier.T2, Tier.T3, Tier.T4)


class Order(Schema):
    amount: int


class Cookie(APIKeyCookie):
    param_name = "shop"

    def authenticate(self, request, key):
        return None


class AsyncBearer(HttpBearer):
    async def authenticate(self, request, token):
        return None


class AsyncGuest(HttpBearer):
    async def __call__(self, request):
        return "guest"

    async def authenticate(self, request, token):
        raise AssertionError


class Guest(HttpBearer):
    def __call__(self, request):
        return "guest"

    def authenticate(self, request, token):
        raise AssertionError


def needs_parameters(request, page: int, order: Order):
    ran(request)


async def needs_parameters_later(request, page: int, order: Order):
    ran(request)


def by_network(request):
    return request.META["REMOTE_ADDR"] == "10.1.2.3"


async def by_network_later(request):
    return by_network(request)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("handler", [needs_parameters, needs_parameters_later])
class TestStates:
    @pytest.mark.parametrize(
        "auth",
        [Bearer(), Key(), Cookie(), AsyncBearer(), django_auth, by_network, by_network_later],
        ids=["bearer", "key", "cookie", "async", "session", "function", "async function"],
    )
    def test_what_refuses_is_secured(self, urlconf, tier, handler, auth):
        decision = decided(urlconf, auth, tier=tier, handler=handler)
        assert (decision.state, decision.refusal) == (State.SECURED, 401)
        assert len(decision.alternatives) == 1
        assert decision.tier is min(tier, Tier.T2)

    def test_without_authenticators_it_is_public(self, urlconf, tier, handler):
        decision = decided(urlconf, None, tier=tier, handler=handler)
        assert (decision.state, decision.refusal) == (State.PUBLIC, None)

    @pytest.mark.parametrize("auth", [Guest(), AsyncGuest()], ids=["sync", "async"])
    def test_what_lets_everyone_in_is_optional(self, urlconf, tier, handler, auth):
        decision = decided(urlconf, [Bearer(), auth], tier=tier, handler=handler)
        assert decision.state is State.OPTIONAL
        assert [type(one) for (one,) in decision.alternatives] == [Bearer, type(auth)]

    def test_each_of_a_list_is_accepted(self, urlconf, tier, handler):
        decision = decided(urlconf, [Bearer(), by_network], tier=tier, handler=handler)
        assert decision.state is State.SECURED
        assert [type(one).__name__ for (one,) in decision.alternatives] == ["Bearer", "by_network"]


def test_nothing_is_asked_at_t0(urlconf):
    decision = decided(urlconf, Bearer(), tier=Tier.T0)
    assert decision.state is State.UNDECIDED
    assert decision.reason == "operations of Django Ninja are not asked here"


class TestAuthIsInherited:
    def test_from_the_api_and_from_routers(self, urlconf):
        api, router, inner = new_api(auth=Bearer()), Router(auth=Key()), Router()
        api.get("/api")(ran)
        api.get("/open", auth=None)(ran)
        router.get("/router")(ran)
        inner.get("/inner/{int:number}")(lambda request, number: ran(request))
        router.add_router("/deep", inner)
        api.add_router("/shop", router)
        found = audited(urlconf, api)
        assert {name: one.decision.state for name, one in found.items()} == {
            "GET /api/api": State.SECURED,
            "GET /api/open": State.PUBLIC,
            "GET /api/shop/router": State.SECURED,
            "GET /api/shop/deep/inner/{number}": State.SECURED,
        }
        assert type(found["GET /api/shop/deep/inner/{number}"].decision.alternatives[0][0]) is Key
        open_ones = [name for name, one in found.items() if one.is_acknowledged]
        assert open_ones == ["GET /api/open"]

    def test_two_methods_of_one_path_are_two_operations(self, urlconf):
        api = new_api()
        api.get("/thing")(lambda request: ran(request))
        api.delete("/thing", auth=Bearer())(lambda request: ran(request))
        found = audited(urlconf, api, tier=Tier.T2)
        assert found["GET /api/thing"].decision.state is State.PUBLIC
        assert found["DELETE /api/thing"].decision.state is State.SECURED


class TestStatus:
    def test_is_that_of_the_projects_exception_handler(self, urlconf):
        api = new_api(auth=Bearer())
        api.add_exception_handler(
            AuthenticationError, lambda request, error: HttpResponse(status=403)
        )
        api.get("/thing")(ran)
        (found,) = audited(urlconf, api).values()
        assert (found.decision.state, found.decision.refusal) == (State.SECURED, 403)

    def test_of_an_error_in_the_authenticator(self, urlconf):
        def refuses(request):
            raise HttpError(403, "no")

        decision = decided(urlconf, refuses)
        assert (decision.state, decision.refusal) == (State.SECURED, 403)

    @pytest.mark.parametrize("tier", [Tier.T1, Tier.T2])
    def test_of_djangos_permission_denied(self, urlconf, tier):
        def refuses(request):
            raise PermissionDenied

        decision = decided(urlconf, refuses, tier=tier)
        assert (decision.state, decision.refusal) == (State.SECURED, 403)

    @pytest.mark.parametrize("status", [302, 404, 429, 500])
    def test_others_decide_nothing(self, urlconf, status):
        def answers(request):
            raise HttpError(status, "no")

        decision = decided(urlconf, answers, tier=Tier.T2)
        assert decision.state is State.UNDECIDED
        assert decision.reason == f"the view answers {status} before it decides"

    def test_no_throttle_is_asked(self, urlconf):
        class Never(BaseThrottle):
            def allow_request(self, request):
                raise AssertionError("a throttle is asked")

        decision = decided(urlconf, None, throttle=[Never()])
        assert decision.state is State.PUBLIC


class TestSandbox:
    def test_the_database_is_read_from_t2_on(self, urlconf, django_assert_num_queries):
        def by_row(request):
            return get_user_model().objects.filter(pk__isnull=True).first()

        with django_assert_num_queries(0):
            decision = decided(urlconf, by_row, tier=Tier.T1)
        assert decision.state is State.UNDECIDED
        assert "asks the database" in decision.reason
        assert not decision.crashed
        assert decided(urlconf, by_row, tier=Tier.T2).state is State.SECURED

    def test_writes_are_refused_and_reported(self, urlconf):
        def notes(request):
            SecurityEvent.objects.create(kind="login_failed")

        decision = decided(urlconf, notes, tier=Tier.T3)
        assert decision.state is State.UNDECIDED
        assert any("writes to the database" in one for one in decision.attempts)
        assert not SecurityEvent.objects.exists()

    @pytest.mark.usefixtures("mailers")
    def test_nothing_leaves_the_process(self, urlconf):
        def asks_another_service(request):
            send_mail("subject", "text", None, ["ann@example.com"])

        decision = decided(urlconf, asks_another_service, tier=Tier.T3)
        assert decision.state is State.UNDECIDED
        assert decision.attempts
        assert all(one.startswith("sends mail") for one in decision.attempts)
        assert mail.outbox == []

    def test_a_crash_is_told_where_the_middleware_is_there(self, urlconf):
        def fails(request):
            return request.no_such_attribute

        assert not decided(urlconf, fails, tier=Tier.T1).crashed
        decision = decided(urlconf, fails, tier=Tier.T2)
        assert (decision.state, decision.crashed) == (State.UNDECIDED, True)
        assert "no_such_attribute" in decision.reason

    def test_an_empty_list_is_an_error_of_every_request(self, urlconf):
        decision = decided(urlconf, [], tier=Tier.T2)
        assert (decision.state, decision.crashed) == (State.UNDECIDED, True)

    def test_an_authenticator_that_exits_decides_nothing(self, urlconf):
        def exits(request):
            raise SystemExit

        assert decided(urlconf, exits, tier=Tier.T2).state is State.UNDECIDED

    def test_no_event_is_recorded_by_our_own_authenticators(self, urlconf):
        api = new_api(auth=resolve)
        api.add_exception_handler(Exception, lambda request, error: HttpResponse(status=401))
        api.get("/thing")(ran)
        (found,) = audited(urlconf, api, tier=Tier.T3).values()
        assert (found.decision.state, found.decision.refusal) == (State.SECURED, 401)
        assert not SecurityEvent.objects.exists()


def wrapped(handler):
    @wraps(handler)
    def outer(request, *args, **kwargs):
        ran(request)

    return outer


class TestDecorators:
    def test_what_wraps_the_function_may_refuse(self, urlconf):
        decision = decided(urlconf, None, handler=wrapped(ran))
        assert decision.state is State.UNDECIDED
        assert decision.reason == "a decorator of its function may refuse, and is not run"

    def test_what_is_refused_before_it_is_secured(self, urlconf):
        assert decided(urlconf, Bearer(), handler=wrapped(ran)).state is State.SECURED

    @pytest.mark.parametrize(("inner", "state"), [(False, State.PUBLIC), (True, State.UNDECIDED)])
    def test_ninjas_own_pagination_refuses_no_one(self, urlconf, inner, state):
        def listed(request) -> list[Order]:
            ran(request)

        handler = paginate(wrapped(listed) if inner else listed)
        decision = decided(urlconf, None, method="get", handler=handler, response=list[Order])
        assert decision.state is state

    @pytest.mark.parametrize("tier", [Tier.T1, Tier.T2])
    def test_of_the_whole_operation_are_asked(self, urlconf, tier):
        def refusing(run):
            return lambda request, *args, **kwargs: HttpResponse(status=403)

        handler = decorate_view(refusing)(lambda request: ran(request))
        decision = decided(urlconf, None, handler=handler, tier=tier)
        assert (decision.state, decision.refusal) == (State.SECURED, 403)

    def test_that_let_through_come_to_no_handler(self, urlconf):
        def passing(run):
            return lambda request, *args, **kwargs: run(request, *args, **kwargs)

        handler = decorate_view(passing)(lambda request: ran(request))
        assert decided(urlconf, None, handler=handler, tier=Tier.T2).state is State.PUBLIC


class OwnOperation(Operation):
    """Calls its handler by another way."""

    def run(self, request, **kwargs):
        return self.view_func(request)


class TestOnlyWhatIsKnownToStopIsAsked:
    def test_not_a_class_of_the_project(self, urlconf):
        api = new_api()
        api.get("/thing")(ran)
        view = api.default_router.path_operations["/thing"]
        view.operations = [OwnOperation("/thing", ["GET"], ran)]
        (found,) = audited(urlconf, api, tier=Tier.T2).values()
        assert found.decision.state is State.UNDECIDED
        assert "is not Ninja's own" in found.decision.reason

    def test_not_where_it_would_be_chosen_first(self, urlconf):
        api = new_api()
        api.get("/thing")(ran)
        view = api.default_router.path_operations["/thing"]
        view.operations.insert(0, OwnOperation("/thing", ["GET"], ran, include_in_schema=False))
        (found,) = audited(urlconf, api, tier=Tier.T2).values()
        assert (found.decision.state, found.decision.tier) == (State.PUBLIC, Tier.T1)

    def test_not_a_version_with_other_steps(self, urlconf, monkeypatch):
        def run(self, request, **kwargs):
            return self.view_func(request)

        monkeypatch.setattr(Operation, "run", run)
        assert decided(urlconf, None, tier=Tier.T2).state is State.UNDECIDED


class TestMiddleware:
    def test_that_refuses_is_seen_from_t2_on(self, urlconf, settings):
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Refusing"]
        assert decided(urlconf, None, tier=Tier.T1).state is State.PUBLIC
        decision = decided(urlconf, None, tier=Tier.T2)
        assert (decision.state, decision.refusal, decision.alternatives) == (
            State.SECURED,
            403,
            (),
        )

    def test_that_answers_decides_nothing_about_who_is_admitted(self, urlconf, settings):
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Redirecting"]
        assert decided(urlconf, None, tier=Tier.T2).state is State.UNDECIDED
        assert decided(urlconf, Bearer(), tier=Tier.T2).state is State.SECURED


def Refusing(get_response):
    return lambda request: HttpResponse(status=403)


def Redirecting(get_response):
    return lambda request: HttpResponse(status=302, headers={"Location": "/elsewhere/"})


class TestPaths:
    def test_another_view_of_the_same_path_is_not_run(self, urlconf):
        api = new_api()
        api.get("/thing")(ran)
        routes = [path("api/thing", ran), path("api/", api.urls)]
        (found,) = audited_routes(urlconf, *routes, tier=Tier.T2).values()
        # No request leads to it: what is said of it is said of it alone.
        assert (found.decision.state, found.decision.tier) == (State.PUBLIC, Tier.T1)

    def test_another_operation_of_the_same_path_is_not_run(self, urlconf):
        api = new_api()
        api.get("/{anything}")(lambda request, anything: ran(request))
        api.get("/thing", auth=Bearer())(lambda request: ran(request))
        found = audited(urlconf, api, tier=Tier.T2)
        assert found["GET /api/thing"].decision.state is State.SECURED
        assert found["GET /api/{anything}"].decision.state is State.PUBLIC

    @pytest.mark.parametrize("converter", ["int", "uuid", "slug", "path", "str"])
    def test_placeholders_are_filled(self, urlconf, converter):
        api = new_api()
        api.get(f"/a/{{{converter}:one}}/{{int:two}}")(lambda request, one, two: ran(request))
        routes = [path("<slug:shop>/api/", api.urls)]
        (named,) = found = audited_routes(urlconf, *routes, tier=Tier.T2)
        assert named == "GET /{shop}/api/a/{one}/{two}"
        assert found[named].decision.tier is Tier.T2

    def test_params_of_the_user_come_first(self, urlconf):
        seen = []

        def notes(request):
            seen.append(request.path)

        api = new_api()
        api.get("/{event}", auth=notes)(lambda request, event: ran(request))
        audited(urlconf, api, tier=Tier.T2, params={"event": "democon"})
        assert seen[-1] == "/api/democon"

    def test_a_param_that_leads_nowhere_decides_at_t1(self, urlconf):
        api = new_api()
        api.get("/{int:event}", auth=Bearer())(lambda request, event: ran(request))
        (found,) = audited(urlconf, api, tier=Tier.T2, params={"event": "no-number"}).values()
        assert (found.decision.state, found.decision.tier) == (State.SECURED, Tier.T1)


class TestDocumentedRefusals:
    """Of an operation that reads credentials and lets everyone in, the handler may refuse."""

    @pytest.mark.parametrize(
        ("auth", "state"), [(Guest(), State.UNDECIDED), (None, State.PUBLIC)], ids=["reads", "open"]
    )
    def test_are_a_guess_where_credentials_are_read(self, urlconf, auth, state):
        decision = decided(urlconf, auth, response={200: Order, 401: Order})
        assert decision.state is state
        assert bool(decision.depends_on) is (state is State.UNDECIDED)

    def test_of_others_leave_it_decided(self, urlconf):
        decision = decided(urlconf, Guest(), response={200: Order, 404: Order})
        assert decision.state is State.OPTIONAL


class Counting(BaseThrottle):
    def __init__(self):
        self.counted = 0

    def allow_request(self, request):
        self.counted += 1
        return True


def test_other_threads_are_served_as_before(urlconf, settings):
    being_asked, served = Event(), Event()
    answers, throttle = [], Counting()

    def waits(request):
        if request.GET:  # the request of the other thread
            return "admitted"
        being_asked.set()
        served.wait(20)
        return None

    def other_thread():
        being_asked.wait(20)
        answers.append(Client().get("/api/thing?by=another").json())
        served.set()

    api = new_api()
    api.get("/thing", auth=waits, throttle=[throttle])(lambda request: {"is": "run"})
    routes = [path("api/", api.urls)]
    settings.ROOT_URLCONF = urlconf(*routes)
    settings.MIDDLEWARE = []
    thread = Thread(target=other_thread)
    thread.start()
    (found,) = audited_routes(urlconf, *routes).values()
    thread.join()
    assert found.decision.state is State.SECURED
    assert (answers, throttle.counted) == ([{"is": "run"}], 1)


def test_after_the_audit_handlers_are_run_as_before(urlconf, settings, client):
    api = new_api()
    api.get("/thing")(lambda request: {"is": "run"})
    settings.ROOT_URLCONF = urlconf(path("api/", api.urls))
    audited_routes(urlconf, path("api/", api.urls), tier=Tier.T3)
    assert client.get("/api/thing").json() == {"is": "run"}
    assert RUN == []
