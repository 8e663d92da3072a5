"""A handler that looks at who calls may refuse by itself: then the permissions decide nothing."""

from __future__ import annotations

import logging
from functools import cached_property, wraps

import pytest
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.http import HttpResponseForbidden
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, generics, mixins, status, viewsets
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import (
    HOOK,
    OAS_VERSIONS,
    ProtectedView,
    audited_schema,
    make_schema,
    operation,
    report_on,
)
from tests.schema.projects.shapes import GroupSerializer

logger = logging.getLogger(__name__)
JWT = [{"jwtAuth": []}]
DOCUMENTED = extend_schema(auth=JWT, responses={200: GroupSerializer, 403: None})


class Open(generics.GenericAPIView):
    queryset = Group.objects.order_by("pk")
    serializer_class = GroupSerializer
    authentication_classes = [JWTAuthentication]
    permission_classes = [AllowAny]


def refusal_of(request):
    if not request.user.is_authenticated:
        return Response(status=403)
    return None  # pragma: no cover (no caller is authenticated)


def users_only(handler):
    @wraps(handler)
    def check(view, request, *args, **kwargs):
        return refusal_of(request) or handler(view, request, *args, **kwargs)

    return check


class AtOnce(Open):
    @DOCUMENTED
    def get(self, request):
        if not request.user.is_authenticated:
            return Response(status=403)
        return Response({})  # pragma: no cover (no caller is authenticated)


class InAnotherMethod(Open):
    @DOCUMENTED
    def get(self, request):
        self.require_user()
        return Response({})  # pragma: no cover (no caller is authenticated)

    def require_user(self):
        if self.request.user.is_anonymous:
            raise exceptions.PermissionDenied


class InAProperty(Open):
    @cached_property
    def owner(self):
        if not getattr(self.request, "user", None):
            raise AssertionError  # pragma: no cover (there is a user, even if anonymous)
        return self.request.auth

    @DOCUMENTED
    def get(self, request):
        return Response({}) if self.owner else HttpResponseForbidden()


class InAFunction(Open):
    @DOCUMENTED
    def get(self, request):
        return refusal_of(request) or Response({})


class InADecorator(Open):
    @DOCUMENTED
    @users_only
    def get(self, request):
        return Response({})  # pragma: no cover (no caller is authenticated)


class InWhatItInherits(AtOnce):
    @DOCUMENTED
    @method_decorator(never_cache)
    def get(self, request):
        return super().get(request)


class InItsRows(mixins.ListModelMixin, Open):
    def get_queryset(self):
        if not self.request.user.is_authenticated:
            raise exceptions.PermissionDenied
        return super().get_queryset()  # pragma: no cover (no caller is authenticated)

    @DOCUMENTED
    def get(self, request):
        return self.list(request)


class Policy:
    def allows(self, request):
        return bool(request.user.pk)


class InAnotherObject(Open):
    policy = Policy()

    @DOCUMENTED
    def get(self, request):
        return Response({}) if self.policy.allows(request) else HttpResponseForbidden()


def fail():
    raise LookupError


class InAFailingObject(Open):
    """What is lazy is set up when its class is asked for."""

    policy = SimpleLazyObject(fail)

    @DOCUMENTED
    def get(self, request):
        try:
            return Response({"allowed": self.policy.allows})
        except LookupError:
            return HttpResponseForbidden()


@DOCUMENTED
@api_view(["GET"])
@authentication_classes([JWTAuthentication])
@permission_classes([AllowAny])
def function(request):
    return refusal_of(request) or Response({})


exec_globals = {"Response": Response}
exec("def get(self, request):\n    return Response(status=403)", exec_globals)
Unreadable = type("Unreadable", (Open,), {"get": DOCUMENTED(exec_globals["get"])})


class UnderAnotherName(Open):
    @DOCUMENTED
    def get(self, asked):
        again = self.request
        return HttpResponseForbidden() if again.auth is None else Response(asked.method)


def is_signed(headers, by):
    return "X-Signature" in by.headers and headers


class BySignature(Open):
    """Reads the credential itself; REST framework's authenticators have no part in it."""

    authentication_classes = []

    @DOCUMENTED
    def get(self, request):
        return Response({}) if is_signed(True, by=request) else HttpResponseForbidden()


class Undocumented(Open):
    """Says that it is secured, and does not say with which status it refuses."""

    @extend_schema(auth=JWT)
    def get(self, request):
        if not request.user.is_authenticated:
            return Response(status=status.HTTP_403_FORBIDDEN)
        return Response({})  # pragma: no cover (no caller is authenticated)


REFUSING = {
    "at once": AtOnce,
    "in another method": InAnotherMethod,
    "in a property": InAProperty,
    "in a function": InAFunction,
    "in a decorator": InADecorator,
    "in what it inherits": InWhatItInherits,
    "in its rows": InItsRows,
    "in another object": InAnotherObject,
    "in an object that fails": InAFailingObject,
    "a function": function,
    "code that cannot be read": Unreadable,
    "under another name": UnderAnotherName,
    "by a signature": BySignature,
    "undocumented": Undocumented,
}
REFUSING = {
    name: getattr(view, "as_view", lambda view=view: view)() for name, view in REFUSING.items()
}
REFUSES = pytest.mark.parametrize("view", REFUSING.values(), ids=REFUSING)


class ByItsParts(Open):
    """Looks at no caller: what is handed on is a value of a row, or goes to the framework."""

    @DOCUMENTED
    def get(self, request):
        logger.info("%s asks", request.user)
        get_object_or_404(Group.objects.filter(user=None).exclude(user=request.user.pk))
        return Response({})  # pragma: no cover (there is no such group)


class Lists(Open, generics.ListAPIView):
    @DOCUMENTED
    def get(self, request):
        return super().get(request)


class Creates(Open, generics.CreateAPIView):
    def perform_create(self, serializer):
        serializer.save()

    @DOCUMENTED
    def get(self, request):
        return self.options(request)


class RefusesBodies(Open):
    """Refuses, and not because of the caller."""

    @DOCUMENTED
    def get(self, request):
        if "code" not in request.query_params:
            return Response(status=403)
        return Response({})  # pragma: no cover (there is no code)


class HandsOn(Open):
    """Documents no refusal, and whether the policy has one cannot be read."""

    policy = Policy()

    @extend_schema(auth=JWT)
    def get(self, request):
        return Response({"allowed": self.policy.allows(request)})


class LooksAlone(Open):
    """Documents no refusal, and has none."""

    @extend_schema(auth=JWT)
    def get(self, request):
        return Response({"name": str(request.user)})


OPEN = {
    "values of a row": ByItsParts,
    "a list": Lists,
    "a handler of the framework": Creates,
    "a look at the query": RefusesBodies,
    "code of another object": HandsOn,
    "a look without a refusal": LooksAlone,
}


#: Another operation, so that the document defines the scheme.
DEFINING = path("protected/", ProtectedView.as_view())


def of(view):
    return path("thing/", view)


def at(tier, view, **options):
    (audited,) = (
        one
        for one in audited_schema(of(view), probe=Probe(tier), **options).operations
        if one.method == "get"
    )
    return audited


@REFUSES
@OAS_VERSIONS
def test_the_hook_leaves_a_true_document_true(view, version):
    document, _ = make_schema(of(view), hooks=[HOOK], OAS_VERSION=version)
    assert document["openapi"] == version
    assert operation(document)["security"] == JWT


@REFUSES
@OAS_VERSIONS
def test_the_audit_says_nothing_false_of_it(view, version):
    report = report_on(of(view), DEFINING, OAS_VERSION=version)
    found = [one.rule.id for one in report.findings if one.place.path == "/thing/"]
    assert found == ["AK307"]
    assert (len(report.operations), report.decided) == (2, 1)


@REFUSES
@pytest.mark.parametrize("tier", [Tier.T0, Tier.T1, Tier.T2, Tier.T3])
def test_it_is_undecided_below_t4(db, view, tier):
    decision = at(tier, view).decision
    assert decision.state is State.UNDECIDED
    assert decision.reason.startswith("the handler looks at who calls, and may refuse by itself")
    assert decision.offered.permissions


@REFUSES
def test_a_live_request_decides(db, view):
    decision = at(Tier.T4, view).decision
    assert (decision.state, decision.refusal, decision.tier) == (State.SECURED, 403, Tier.T4)


class Answers(Open):
    @DOCUMENTED
    def get(self, request):
        return Response({"name": str(request.user)})


def test_a_live_request_also_shows_that_it_refuses_no_caller(db):
    view = Answers.as_view()
    assert at(Tier.T3, view).decision.state is State.UNDECIDED
    assert at(Tier.T4, view).decision.state is State.OPTIONAL


class LogsIn(Open):
    """Refuses a wrong password: that is no answer to the question who may call."""

    authentication_classes = []

    @extend_schema(auth=[], responses={200: GroupSerializer, 401: None})
    def get(self, request):
        if request.headers.get("X-Password") != "right" or request.user.is_staff:
            raise exceptions.AuthenticationFailed
        return Response({})  # pragma: no cover (no password is sent)


@OAS_VERSIONS
def test_a_login_is_public(version):
    assert at(Tier.T1, LogsIn.as_view(), OAS_VERSION=version).decision.state is State.PUBLIC


@pytest.mark.parametrize("view", OPEN.values(), ids=OPEN)
def test_a_handler_that_refuses_no_caller_is_decided(view):
    audited = at(Tier.T1, view.as_view())
    assert audited.decision.state is State.OPTIONAL
    document, _ = make_schema(of(view.as_view()), hooks=[HOOK])
    assert operation(document)["security"] == [*JWT, {}]


class SaysWhoYouAre(Open):
    """Open, and a bad credential is answered 401: the hook writes that, and believes it."""

    def get(self, request):
        return Response({"name": str(request.user)})


@OAS_VERSIONS
def test_a_401_for_a_bad_credential_is_no_refusal_of_the_handler(version):
    options = {"hooks": [HOOK], "OAS_VERSION": version}
    audited = at(Tier.T1, SaysWhoYouAre.as_view(), **options)
    assert "401" in audited.document["responses"]
    assert audited.decision.state is State.OPTIONAL
    twice, _ = make_schema(of(SaysWhoYouAre.as_view()), hooks=[HOOK, HOOK], OAS_VERSION=version)
    assert twice == audited.root


class Groups(viewsets.ModelViewSet, Open):
    """One action refuses by itself; the others are decided as before."""

    @DOCUMENTED
    def list(self, request):
        return refusal_of(request) or super().list(request)

    @DOCUMENTED
    def retrieve(self, request, *args, **kwargs):
        return super().retrieve(request, *args, **kwargs)


def test_each_action_of_a_view_set_is_read_by_itself():
    routes = [
        path("groups/", Groups.as_view({"get": "list", "post": "create"})),
        path("groups/<int:pk>/", Groups.as_view({"get": "retrieve", "delete": "destroy"})),
    ]
    states = {
        (one.path, one.method): one.decision.state for one in audited_schema(*routes).operations
    }
    assert states.pop(("/groups/", "get")) is State.UNDECIDED
    assert {*states.values()} == {State.OPTIONAL}
    assert len(states) == 3


@pytest.mark.parametrize("view", REFUSING.values(), ids=REFUSING)
def test_the_live_answer_is_a_refusal(db, view, urlconf, settings):
    settings.ROOT_URLCONF = urlconf(of(view))
    assert APIClient().get("/thing/").status_code == 403


def test_a_decorator_that_demands_a_login_is_read(db):
    secured = method_decorator(login_required)(AtOnce.get)
    view = type("Secured", (Open,), {"get": DOCUMENTED(secured)})
    assert at(Tier.T1, view.as_view()).decision.state is State.UNDECIDED
