"""Who asks ``has_object_permission()``: what is said of an object holds where the handler asks."""

from __future__ import annotations

from contextlib import nullcontext
from functools import wraps
from pathlib import Path

import pytest
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.rules.declared_secured_but_open import RULE as AK301
from django.contrib.auth.models import Group
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import exceptions, generics, mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import audited_schema, fixed_schema, found, operation, view
from tests.schema.projects.shapes import GroupSerializer, OnlyObjects


class OfGroups:
    queryset = Group.objects.order_by("pk")
    serializer_class = GroupSerializer
    authentication_classes = [JWTAuthentication]
    permission_classes = [OnlyObjects]


class Generic(OfGroups, generics.GenericAPIView):
    pass


class Retrieve(OfGroups, generics.RetrieveAPIView):
    pass


class Update(OfGroups, generics.UpdateAPIView):
    pass


class OwnGet(Generic):
    def get(self, request, pk):
        self.check_object_permissions(request, self.get_object())
        return Response({})  # pragma: no cover (no caller is authenticated)


class OwnRetrieve(Retrieve):
    def retrieve(self, request, *args, **kwargs):
        return super().retrieve(request)


class ChecksItself(Retrieve):
    def get_object(self):
        group = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        if group.name == "nobody's":
            raise exceptions.NotFound  # pragma: no cover (there is none)
        self.check_object_permissions(self.request, group)
        return group  # pragma: no cover (no caller is authenticated)


class ChecksOnEveryWay(Retrieve):
    def get_object(self):
        if self.kwargs["pk"] == "latest":
            group = self.get_queryset().last()  # pragma: no cover (no permission reads it)
            self.check_object_permissions(self.request, group)  # pragma: no cover
            return group  # pragma: no cover
        if not self.kwargs["pk"]:
            raise exceptions.NotFound  # pragma: no cover (there is none)
        with nullcontext():
            if self.request.method == "GET":
                return super().get_object()
        return super().get_object()  # pragma: no cover (it is never called)


class ChecksInABlock(Generic):
    @transaction.atomic
    def get(self, request, pk):
        with nullcontext():
            return Response(self.get_object().name)  # pragma: no cover (no caller is authenticated)


class ChecksBeforeItChooses(Generic):
    def get(self, request, pk):
        return Response({}) if self.get_object().pk else Response([])


@extend_schema_view(get=extend_schema(summary="One group"))
class Described(OwnGet):
    pass


class ActsOnOne(OfGroups, viewsets.GenericViewSet):
    @action(detail=True)
    def ping(self, request, pk):
        return Response(self.get_object().name)  # pragma: no cover (no caller is authenticated)


class ListOfAParent(OfGroups, generics.ListAPIView):
    def get_queryset(self):
        self.check_object_permissions(self.request, Group.objects.get(pk=self.kwargs["pk"]))
        return super().get_queryset()  # pragma: no cover (no caller is authenticated)


SECURED = {
    "retrieve": (Retrieve, "get"),
    "update": (Update, "put"),
    "partial update": (Update, "patch"),
    "destroy": (type("Destroy", (OfGroups, generics.DestroyAPIView), {}), "delete"),
    "a get() of its own": (OwnGet, "get"),
    "a retrieve() that calls the stock one": (OwnRetrieve, "get"),
    "a get_object() that checks": (ChecksItself, "get"),
    "a get_object() that checks on every way": (ChecksOnEveryWay, "get"),
    "a block": (ChecksInABlock, "get"),
    "a condition": (ChecksBeforeItChooses, "get"),
    "a handler that is described": (Described, "get"),
}


class Nested(OfGroups, generics.ListCreateAPIView):
    pass


class FilteredNested(Nested):
    def get_queryset(self):
        return super().get_queryset().filter(pk=self.kwargs["pk"])


class NestedByMixins(mixins.ListModelMixin, mixins.CreateModelMixin, Generic):
    def get(self, request, *args, **kwargs):
        return self.list(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        return self.create(request, *args, **kwargs)


OPEN = {
    "list": (Nested, "get"),
    "create": (Nested, "post"),
    "list of its own rows": (FilteredNested, "get"),
    "list by a mixin": (NestedByMixins, "get"),
    "create by a mixin": (NestedByMixins, "post"),
}


class ForgetsToCheck(Retrieve):
    def get_object(self):
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])


class ForgetsToCheckAnUpdate(Update):
    get_object = ForgetsToCheck.get_object


class NoObject(Generic):
    def get(self, request, pk):
        return Response({})


class AsksSometimes(Generic):
    def get(self, request, pk):
        if "full" in request.query_params:
            self.get_object()  # pragma: no cover (no request is sent)
        return Response({})


class AnswersFirst(Generic):
    def get(self, request, pk):
        with nullcontext():
            if "full" not in request.query_params:
                return Response({})
        return Response(self.get_object().name)  # pragma: no cover (no request is sent)


class AsksOnOneWay(Generic):
    def get(self, request, pk):
        if "full" in request.query_params:
            return Response(self.get_object().name)  # pragma: no cover (no request is sent)
        return Response({})


class AnswersInALoop(Generic):
    def get(self, request, pk):
        for name in ("first", "second"):
            return Response(name)
        return Response(self.get_object().name)  # pragma: no cover (this is the point of the test)


class GoesInCircles(Generic):
    def get(self, request, pk, again=True):
        if not again:
            return Response({})
        return self.again(request, pk)

    def again(self, request, pk):
        return self.get(request, pk, again=False)


class SwallowsTheRefusal(Generic):
    def get(self, request, pk):
        try:
            self.get_object()
        except exceptions.APIException:
            return Response({})


class DefinesAndForgets(Generic):
    def get(self, request, pk):
        def later():
            return self.get_object()  # pragma: no cover (this is the point of the test)

        return Response([str(later)][:0] or [self.get_object() for _ in ()])


def hiding(handler):
    def handle(*args, **kwargs):
        return handler(*args, **kwargs)

    return handle


def answering(handler):
    @wraps(handler)
    def handle(*args, **kwargs):
        return handler(*args, **kwargs)

    return handle


class Lambda(Generic):
    get = lambda self, request, pk: Response({})  # noqa: E731


class Made(Generic):
    get = eval("lambda self, request, pk: Response({})", {"Response": Response})


README = str(Path(__file__).parents[3] / "README.md")


class Templated(Generic):
    get = eval(compile("lambda self, request, pk: Response({})", README, "eval"))


class Hidden(Generic):
    @hiding
    def get(self, request, pk):
        return Response({})


class CallsWhatIsNoMethod(Generic):
    helper = dict

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.own_helper = dict

    @answering
    def get(self, request, pk):
        return Response(self.helper() | self.own_helper())


NOT_CERTAIN = {
    "a get_object() that does not check": (ForgetsToCheck, "get"),
    "an update of what get_object() did not check": (ForgetsToCheckAnUpdate, "patch"),
    "a handler that checks no object": (NoObject, "get"),
    "a handler that asks sometimes": (AsksSometimes, "get"),
    "a handler that asks on one way": (AsksOnOneWay, "get"),
    "a handler that answers in a loop": (AnswersInALoop, "get"),
    "handlers that call each other": (GoesInCircles, "get"),
    "a handler that answers first": (AnswersFirst, "get"),
    "a handler that swallows the refusal": (SwallowsTheRefusal, "get"),
    "a handler that could ask later": (DefinesAndForgets, "get"),
    "a lambda": (Lambda, "get"),
    "a handler without a source": (Made, "get"),
    "a handler of a file that is no Python": (Templated, "get"),
    "a handler behind another function": (Hidden, "get"),
    "a handler that calls no method": (CallsWhatIsNoMethod, "get"),
}

AT = "thing/<int:pk>/"
ALL = {**SECURED, **OPEN, **NOT_CERTAIN}
urlpatterns = [
    path(f"{name.replace(' ', '-')}/<int:pk>/", view_class.as_view())
    for name, (view_class, _) in ALL.items()
]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def group():
    return Group.objects.create(name="first")


def decided(case, tier):
    view_class, method = ALL[case]
    audited = audited_schema(path(AT, view_class.as_view()), probe=Probe(tier)).operations
    return next(one.decision for one in audited if one.method == method)


def live_status(case, group):
    at = f"/{case.replace(' ', '-')}/{group.pk}/"
    return getattr(APIClient(), ALL[case][1])(at, {"name": "another"}).status_code


@pytest.mark.parametrize("tier", [Tier.T3, Tier.T4], ids=lambda tier: tier.label)
@pytest.mark.parametrize("case", SECURED)
def test_a_handler_that_certainly_asks_is_secured(case, tier, group):
    decision = decided(case, tier)
    assert (decision.state, decision.refusal) == (State.SECURED, live_status(case, group))


@pytest.mark.parametrize("tier", [Tier.T1, Tier.T3, Tier.T4], ids=lambda tier: tier.label)
@pytest.mark.parametrize("case", OPEN)
def test_list_and_create_check_no_object_permission(case, tier, group):
    assert live_status(case, group) in (200, 201)
    assert decided(case, tier).state is State.OPTIONAL


def test_the_hook_and_the_audit_say_so():
    nested = path(AT, Nested.as_view())
    at = "/thing/{id}/"
    assert operation(fixed_schema(nested), at)["security"] == [{"jwtAuth": []}, {}]
    assert found(AK301, nested) == [f"GET {at}", f"POST {at}"]


@pytest.mark.parametrize("case", NOT_CERTAIN)
def test_a_handler_that_need_not_ask_is_undecided(case, group):
    assert live_status(case, group) == 200
    decision = decided(case, Tier.T3)
    assert decision.state is State.UNDECIDED
    assert "it is not certain that" in decision.reason
    assert decision.alternatives == ()


@pytest.mark.parametrize("case", NOT_CERTAIN)
def test_t4_runs_it_if_it_is_a_get(case, group):
    decision = decided(case, Tier.T4)
    if ALL[case][1] == "get":
        assert (decision.state, decision.tier) == (State.OPTIONAL, Tier.T4)
        assert decision.reason == "the handler answers 200"
    else:
        assert decision.state is State.UNDECIDED


@pytest.mark.usefixtures("group")
def test_t4_calls_a_view_public_that_reads_no_credential():
    keys = view(NoObject, authentication_classes=[], permission_classes=[HasAPIKey | OnlyObjects])
    (audited,) = audited_schema(path(AT, keys.as_view()), probe=Probe(Tier.T4)).operations
    assert (audited.decision.state, audited.decision.alternatives) == (State.PUBLIC, ())


@pytest.mark.usefixtures("group")
def test_an_answer_that_is_neither_is_no_answer_at_t4():
    class Elsewhere(Generic):
        def get(self, request, pk):
            return Response(status=410)

    (audited,) = audited_schema(path(AT, Elsewhere.as_view()), probe=Probe(Tier.T4)).operations
    assert audited.decision.state is State.UNDECIDED


@pytest.mark.usefixtures("group")
def test_a_list_that_asks_about_its_parent_is_not_called_open():
    of_a_parent = path(AT, ListOfAParent.as_view())
    for tier in (Tier.T1, Tier.T3):
        (audited,) = audited_schema(of_a_parent, probe=Probe(tier)).operations
        assert audited.decision.state is State.UNDECIDED


@pytest.mark.usefixtures("group")
def test_an_action_about_one_object_is_secured_if_it_asks():
    acts = path(AT, ActsOnOne.as_view({"get": "ping"}, detail=True))
    (audited,) = audited_schema(acts, probe=Probe(Tier.T3)).operations
    assert (audited.decision.state, audited.decision.refusal) == (State.SECURED, 401)
