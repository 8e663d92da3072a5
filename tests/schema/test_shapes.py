"""What is decided about the shapes, beside the answer of the live server without a credential."""

from __future__ import annotations

import pytest
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework.permissions import BasePermission
from rest_framework.test import APIClient

from tests.schema.documents import HOOK, OAS_VERSIONS, audited_schema, operation, view
from tests.schema.projects import shapes

#: Shapes that are undecided below T4 for a good reason, by path: the reason.
UNDECIDED = {
    "/staff-required/": "answered 302 to ",
    "/without-queryset/{id}/": "no rows to ask about",
    "/detail-public/{id}/": "admits to some rows only",
}


#: No sample fits its pattern, so no request can be made for it.
UNREACHED = "/years/{year}/{part}/"


@pytest.fixture
def group(db):
    Group.objects.create(name="secret")
    Group.objects.create(name="staff")
    return Group.objects.create(name="first")


def all_of(**options):
    return audited_schema(*shapes.urlpatterns, api_version="v1", **options)


def live_path(audited, group):
    values = {
        "pk": str(group.pk),
        "group_pk": str(group.pk),
        "name": group.name,
        "one": "00000000-0000-4000-8000-000000000000",
        "two": "two",
        "year": "2026",
        "part": "a)",
        "version": "v1",
    }
    return "".join(
        values.get(part, part) for part in audited.source.route.replace("}", "{").split("{")
    )


def live_status(audited, group):
    client = APIClient(raise_request_exception=False)
    return getattr(client, audited.method)(live_path(audited, group)).status_code


def assert_agrees(audited, status):
    """A refusal is answered as decided, and no caller is refused who was said to be admitted."""
    decision = audited.decision
    if decision.state in (State.SECURED, State.CLOSED):
        assert status == decision.refusal, audited
    elif decision.is_open:
        assert status not in (401, 403, 302), audited


@pytest.mark.urls("tests.schema.projects.shapes")
def test_every_decision_is_what_the_server_does(group):
    audited = all_of(probe=Probe(Tier.T3)).operations
    assert len(audited) > 80
    for one in audited:
        if one.path != "/handler/":
            assert_agrees(one, live_status(one, group))


@pytest.mark.urls("tests.schema.projects.shapes")
def test_only_what_cannot_be_known_is_undecided(group):
    audited = all_of(probe=Probe(Tier.T3)).operations
    undecided = {one.path: one.decision.reason for one in audited if not one.decision.is_decided}
    assert undecided.keys() == UNDECIDED.keys()
    for at, reason in UNDECIDED.items():
        assert reason in undecided[at]
    assert len(undecided) < 0.05 * len(audited)


@pytest.mark.urls("tests.schema.projects.shapes")
def test_a_handler_that_refuses_by_itself_is_found_at_t4_alone(group):
    at_t3, at_t4 = (
        next(
            one.decision for one in all_of(probe=Probe(tier)).operations if one.path == "/handler/"
        )
        for tier in (Tier.T3, Tier.T4)
    )
    assert at_t3.is_open
    assert (at_t4.state, at_t4.refusal, at_t4.tier) == (State.SECURED, 401, Tier.T4)
    assert at_t4.reason == "the handler answers 401"


@pytest.mark.urls("tests.schema.projects.shapes")
def test_t4_changes_no_other_decision(group):
    at_t3, at_t4 = (all_of(probe=Probe(tier)).operations for tier in (Tier.T3, Tier.T4))
    states = [
        [(one.path, one.method, one.decision.state) for one in each] for each in (at_t3, at_t4)
    ]
    changed = [mine for mine, other in zip(*states, strict=True) if mine != other]
    assert [path for path, _, _ in changed] == ["/handler/"]


@pytest.mark.urls("tests.schema.projects.shapes")
@pytest.mark.parametrize("tier", [Tier.T0, Tier.T1, Tier.T2])
def test_what_is_decided_with_less_is_decided_the_same(group, tier):
    deep = {
        (one.path, one.method): one.decision.state
        for one in all_of(probe=Probe(Tier.T3)).operations
        if one.decision.is_decided
    }
    for one in all_of(probe=Probe(tier)).operations:
        if one.decision.is_decided and (one.path, one.method) in deep:
            assert one.decision.state is deep[one.path, one.method], one.path


@pytest.mark.urls("tests.schema.projects.shapes")
@OAS_VERSIONS
def test_the_hook_writes_nothing_that_the_server_does_not_do(group, version):
    schema = all_of(hooks=[HOOK], OAS_VERSION=version)
    assert schema.document["openapi"] == version
    written = 0
    for one in schema.operations:
        if one.path == "/handler/" or not one.decision.is_decided:
            continue
        security = operation(schema.document, one.path, one.method).get("security")
        status = live_status(one, group)
        if one.decision.is_open:
            assert security == [] or {} in security
            assert status not in (401, 403, 302)
        else:
            assert security is None or {} not in security, one.path
            assert str(status) in one.document["responses"]
        written += 1
    assert written > 70


@pytest.mark.urls("tests.schema.projects.shapes")
def test_what_stands_around_the_handler_is_not_overlooked_by_the_hook(group):
    alone = {one.path: one.decision for one in all_of(probe=Probe(Tier.T1)).operations}
    assert alone["/requires-login/"].refusal == 302
    assert alone["/requires-permission/"].refusal == 403
    assert alone["/decorated-check/"].refusal == 401
    assert alone["/own-setup/"].refusal == 403
    assert alone["/forwarding-setup/"].state is State.OPTIONAL
    # What the database holds is not known here; a gate that refuses stands behind it all the same.
    assert alone["/of-groups/{group_pk}/"].refusal == 401
    assert alone["/of-open-groups/{group_pk}/"].state is State.UNDECIDED


class Gateway:
    """A middleware that refuses requests that do not come through the gateway."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "HTTP_X_GATEWAY" not in request.META:
            return HttpResponse(status=403)
        return self.get_response(request)  # pragma: no cover (no request passes)


@pytest.mark.urls("tests.schema.projects.shapes")
def test_a_middleware_that_refuses_is_the_last_word(group, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Gateway"]
    asked = [one for one in all_of(probe=Probe(Tier.T2)).operations if one.path != UNREACHED]
    for one in asked:
        assert (one.decision.state, one.decision.refusal) == (State.SECURED, 403)
        assert live_status(one, group) == 403


class Tenants:
    """A middleware that puts the group of the address on the request."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, callback, args, kwargs):
        request.group = get_object_or_404(Group, name=kwargs["group"])


class OfTheGroup(BasePermission):
    def has_permission(self, request, view):
        return request.user.is_authenticated and request.user.groups.contains(request.group)


class OpenToTheGroup(BasePermission):
    def has_permission(self, request, view):
        return request.group.name == "secret"


TENANTS = [
    path("<slug:group>/of/", view(permission_classes=[OfTheGroup]).as_view()),
    path("<slug:group>/open/", view(permission_classes=[OpenToTheGroup]).as_view()),
]


class TestWhatAMiddlewareFound:
    @pytest.fixture(autouse=True)
    def middleware(self, settings):
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Tenants"]

    def states(self, **probe):
        schema = audited_schema(*TENANTS, probe=Probe(Tier.T3, **probe))
        return [one.decision.state for one in schema.operations]

    def test_is_there_if_the_row_is_named_by_the_user(self, group):
        assert self.states(params={"group": "secret"}) == [State.SECURED, State.OPTIONAL]
        assert self.states(params={"group": "first"})[0] is State.SECURED

    def test_is_not_there_if_there_is_no_such_row(self, group):
        # A value that the user gave is meant; one that was made up proves nothing by its 404. And a
        # view that refuses without the row lets no caller in.
        assert self.states(params={"group": "nobody"}) == [State.SECURED, State.UNDECIDED]
        assert self.states() == [State.SECURED, State.UNDECIDED]


class LooksFirst(shapes.Detail):
    """Refuses by itself, and otherwise than the permission about the object would."""

    permission_classes = [shapes.OnlyObjects]

    def retrieve(self, request, *args, **kwargs):
        raise PermissionDenied


@pytest.mark.parametrize(("tier", "refusal"), [(Tier.T3, 401), (Tier.T4, 403)])
def test_t4_measures_the_refusal_of_a_handler_that_comes_before_the_object(group, tier, refusal):
    looks_first = path("first/<int:pk>/", LooksFirst.as_view())
    (audited,) = audited_schema(looks_first, probe=Probe(tier)).operations
    assert (audited.decision.state, audited.decision.refusal) == (State.SECURED, refusal)
