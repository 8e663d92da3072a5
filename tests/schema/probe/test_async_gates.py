"""Asynchronous gates are run to their end: those of adrf, and those that a project wrote itself."""

from __future__ import annotations

import asyncio
import gc
import itertools
import warnings

import pytest
from adrf.decorators import api_view
from adrf.permissions import AsyncBasePermission
from adrf.views import APIView as AsyncAPIView
from adrf.viewsets import ModelViewSet
from asgiref.sync import sync_to_async
from authkit.schema.probe.coroutines import completed, dismissed, unawaited_are_no_news
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.results.findings import Severity
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BasicAuthentication
from rest_framework.decorators import authentication_classes, permission_classes
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.response import Response

from tests.schema.documents import (
    OAS_VERSIONS,
    JWTView,
    ThingSerializer,
    audited_schema,
    fixed_schema,
    operation,
    report_on,
    route,
    view,
)
from tests.schema.projects.shapes import GroupSerializer

pytestmark = pytest.mark.django_db

TIERS = pytest.mark.parametrize(
    "tier", [Tier.T1, Tier.T2, Tier.T3, Tier.T4], ids=lambda tier: tier.label
)


class User(AsyncBasePermission):
    async def has_permission(self, request, view):
        await asyncio.sleep(0)
        return bool(request.user and request.user.is_authenticated)


class Everybody(AsyncBasePermission):
    async def has_permission(self, request, view):
        return True


class WithoutBase(BasePermission):
    """As they were before adrf had a base class for them."""

    async def has_permission(self, request, view):
        return bool(request.user and request.user.is_authenticated)


class Rows(AsyncBasePermission):
    async def has_permission(self, request, view):
        return await Group.objects.aexists()


class Owner(AsyncBasePermission):
    async def has_object_permission(self, request, view, obj):
        return request.user.is_authenticated


class Basic(BasicAuthentication):
    async def authenticate(self, request):
        await asyncio.sleep(0)
        if "HTTP_AUTHORIZATION" in request.META:
            raise AuthenticationFailed


async def get(self, request, **kwargs):
    return Response({})


def sync_get(self, request, **kwargs):
    return Response({})


def asynchronous(*permissions, **attributes):
    declared = {"permission_classes": permissions, "get": get} | attributes
    return type("View", (AsyncAPIView,), {**vars_of(JWTView), **declared})


def vars_of(kind):
    return {name: getattr(kind, name) for name in ("authentication_classes", "serializer_class")}


class OwnDispatch(JWTView):
    """A project's own way to await its handler."""

    permission_classes = [IsAuthenticated]
    get = get

    async def dispatch(self, request, *args, **kwargs):
        self.args, self.kwargs = args, kwargs
        request = self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            await self.begin(request, *args, **kwargs)
            response = await self.get(request, *args, **kwargs)
        except Exception as error:
            response = self.handle_exception(error)
        return self.finalize_response(request, response, *args, **kwargs)

    async def begin(self, request, *args, **kwargs):
        await sync_to_async(self.initial)(request, *args, **kwargs)


class OwnInitial(OwnDispatch):
    async def initial(self, request, *args, **kwargs):
        await sync_to_async(super().initial)(request, *args, **kwargs)

    async def begin(self, request, *args, **kwargs):
        await self.initial(request, *args, **kwargs)


class OwnChecks(OwnInitial):
    permission_classes = [User]

    async def initial(self, request, *args, **kwargs):
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(
            request
        )
        self.perform_authentication(request)
        await self.check_permissions(request)

    async def check_permissions(self, request):
        for permission in self.get_permissions():
            if not await permission.has_permission(request, self):
                self.permission_denied(request)


class Lists(ModelViewSet):
    queryset = Group.objects.order_by("pk")
    serializer_class = GroupSerializer
    authentication_classes = JWTView.authentication_classes
    permission_classes = [User]


class Owned(Lists):
    permission_classes = [Owner]


@extend_schema(responses=ThingSerializer)
@api_view(["GET"])
@authentication_classes([Basic])
@permission_classes([IsAuthenticated])
async def function(request):
    return Response({})


# A view of Django's runs as it is written, and a coroutine is true: the mistake opens it.
MISTAKEN = {"authentication_classes": JWTView.authentication_classes, "get": sync_get}
SECURED = {
    "a permission": asynchronous(User),
    "one without base": asynchronous(WithoutBase),
    "and": asynchronous(User & IsAuthenticated),
    "and, the other way": asynchronous(IsAuthenticated & User),
    "or": asynchronous(IsAdminUser | User),
    "not": asynchronous(~Everybody),
    "nested": asynchronous(~(Everybody & ~User) & IsAuthenticated),
    "an authenticator": asynchronous(IsAuthenticated, authentication_classes=[Basic]),
    "a synchronous handler": asynchronous(User, get=sync_get),
    "dispatch()": OwnDispatch,
    "initial()": OwnInitial,
    "checks": OwnChecks,
}
OPEN = {
    "every caller": asynchronous(Everybody),
    "every caller, by or": asynchronous(User | AllowAny),
    "every caller, by not": asynchronous(~User | Everybody),
    "every caller, and an authenticator": asynchronous(Everybody, authentication_classes=[Basic]),
    "every caller, own checks": type("Open", (OwnChecks,), {"permission_classes": [Everybody]}),
    "a view that does not await": view(JWTView, permission_classes=[User], get=sync_get),
    "and that does not await": view(JWTView, permission_classes=[User & User], get=sync_get),
}
ALL = {**SECURED, **OPEN}
SHAPES = pytest.mark.parametrize("shape", ALL)


def served(view_class, at="thing/"):
    # Django refuses async views under ATOMIC_REQUESTS.
    return path(at, transaction.non_atomic_requests(view_class.as_view()))


def live_status(at="/thing/"):
    with unawaited_are_no_news():
        return Client().get(at).status_code


def decision_about(shape, tier):
    (audited,) = audited_schema(served(ALL[shape]), probe=Probe(tier)).operations
    return audited.decision


@SHAPES
@TIERS
def test_a_gate_is_decided_as_the_server_answers(shape, tier, urlconf, settings):
    decision = decision_about(shape, tier)
    assert decision.state is (State.SECURED if shape in SECURED else State.OPTIONAL)
    settings.ROOT_URLCONF = urlconf(served(ALL[shape]))
    assert live_status() == (401 if shape in SECURED else 200)
    assert decision.refusal == (401 if shape in SECURED else None)


@SHAPES
@OAS_VERSIONS
def test_a_lie_is_found_and_fixed(shape, version):
    def lie(document):
        operation(document)["security"] = [] if shape in SECURED else [{"jwtAuth": []}]

    report = report_on(served(ALL[shape]), change=lie, OAS_VERSION=version, probe=Probe(Tier.T3))
    errors = {one.rule.id for one in report.findings if one.severity is Severity.ERROR}
    assert errors >= {"AK302" if shape in SECURED else "AK301"}
    name = "basicAuth" if "authenticator" in shape else "jwtAuth"
    written = operation(fixed_schema(served(ALL[shape]), OAS_VERSION=version))["security"]
    assert written == ([{name: []}] if shape in SECURED else [{name: []}, {}])


def test_nothing_is_said_of_coroutines_that_were_dropped():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for shape, tier in itertools.product(ALL, (Tier.T1, Tier.T3)):
            decision_about(shape, tier)
        gc.collect()  # half a second among thousands of tests, so once for all shapes
    assert [one for one in said if "never awaited" in str(one.message)] == []


def test_a_function_is_decided():
    (audited,) = audited_schema(path("thing/", function)).operations
    assert (audited.decision.state, audited.decision.refusal) == (State.SECURED, 401)


def test_a_permission_that_asks_the_database_is_decided_at_t2():
    for permission, states in ((User & Rows, [State.SECURED] * 2), (Rows & User, None)):
        guarded = asynchronous(permission)
        found = [
            audited_schema(served(guarded), probe=Probe(tier)).operations[0].decision.state
            for tier in (Tier.T1, Tier.T2)
        ]
        assert found == (states or [State.UNDECIDED, State.SECURED])


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        (Lists, {("/things/", "get"): State.SECURED, ("/things/{id}/", "get"): State.SECURED}),
        (Owned, {("/things/", "get"): State.OPTIONAL, ("/things/{id}/", "get"): State.SECURED}),
    ],
)
def test_view_sets_are_decided_with_rows(kind, states, urlconf, settings):
    Group.objects.create(name="one")
    routes = [
        path("things/", transaction.non_atomic_requests(kind.as_view({"get": "list"}))),
        path(
            "things/<int:pk>/", transaction.non_atomic_requests(kind.as_view({"get": "retrieve"}))
        ),
    ]
    audited = audited_schema(*routes, probe=Probe(Tier.T3)).operations
    assert {(one.path, one.method): one.decision.state for one in audited} == states
    settings.ROOT_URLCONF = urlconf(*routes)
    for (at, _), state in states.items():
        pk = Group.objects.get().pk
        answered = live_status(at.replace("{id}", str(pk)))
        assert (answered == 401) is (state is State.SECURED)


@SHAPES
def test_a_document_that_is_made_on_an_event_loop_is_decided_as_well(shape):
    async def made():
        return audited_schema(served(ALL[shape])).operations

    (audited,) = asyncio.run(made())
    assert audited.decision.state is (State.SECURED if shape in SECURED else State.OPTIONAL)


def test_a_view_that_django_refuses_to_serve_keeps_what_it_says_alone(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    for shape, state in (("a permission", State.SECURED), ("every caller", State.OPTIONAL)):
        (audited,) = audited_schema(route(ALL[shape]), probe=Probe(Tier.T3)).operations
        assert (audited.decision.state, audited.decision.tier) == (state, Tier.T1)


class DropsItsCheck(JWTView):
    """REST framework's ``initial()`` awaits nothing."""

    permission_classes = [IsAuthenticated]

    async def check_permissions(self, request):
        """Is never run."""


def test_a_check_that_nothing_awaits_admits_and_t1_cannot_know(urlconf, settings):
    states = [
        audited_schema(route(DropsItsCheck), probe=Probe(tier)).operations[0].decision
        for tier in (Tier.T1, Tier.T2)
    ]
    assert [one.state for one in states] == [State.UNDECIDED, State.OPTIONAL]
    assert "check_permissions() is not awaited" in states[0].reason
    settings.ROOT_URLCONF = urlconf(route(DropsItsCheck))
    assert live_status() == 200


def test_a_coroutine_is_run_once_and_what_it_raises_is_raised():
    ran = []

    async def runs():
        ran.append(1)
        raise LookupError("no tenant")

    with pytest.raises(LookupError, match="no tenant"):
        completed(runs())
    assert completed("as it is") == "as it is"
    assert dismissed(runs())
    assert not dismissed("as it is")
    assert ran == [1]
