"""Views are asked in the project's world: at its host, with its anonymous user and its request."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from authkit.schema.audit.explain import explain_operation
from authkit.schema.model.source import Source
from authkit.schema.model.verdicts import write_verdicts
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.results.findings import Severity
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from drf_spectacular.plumbing import build_mock_request
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BasicAuthentication
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.test import APIRequestFactory

from tests.schema.documents import (
    OAS_VERSIONS,
    JWTView,
    audited_schema,
    fixed_schema,
    operation,
    plain_schema,
    report_on,
    route,
    view,
)

# ATOMIC_REQUESTS opens a transaction around every view
pytestmark = pytest.mark.django_db

TIERS = pytest.mark.parametrize("tier", [Tier.T1, Tier.T2, Tier.T3], ids=lambda tier: tier.label)


class Discovery(BasicAuthentication):
    """Tells clients at which address they log in."""

    def authenticate(self, request):
        request.build_absolute_uri("/login/")
        return super().authenticate(request)


class SaysPublic(JWTView):
    permission_classes = [IsAuthenticated]

    @extend_schema(auth=[])
    def get(self, request):
        """Is not run."""


def reads_a_row(*args, **kwargs):
    Group.objects.exists()


def reading(method):
    """Return a method that reads a row first. The document is made before, and without."""

    def first_reads_a_row(self, *args, **kwargs):
        if not getattr(self, "swagger_fake_view", False):
            reads_a_row()
        return getattr(super(kind, self), method)(*args, **kwargs)

    kind = view(SaysPublic, **{method: first_reads_a_row})
    return kind


def guest():
    reads_a_row()
    return AnonymousUser()


def mock_request(method, path, view, original_request, **kwargs):
    if not hasattr(view, "swagger_fake_view"):
        reads_a_row()
    return build_mock_request(method, path, view, original_request, **kwargs)


@dataclass(frozen=True)
class World:
    """A view that is secured and documented as public; ``alone`` is what T1 can know of it."""

    view: type
    alone: State = State.UNDECIDED
    settings: dict = field(default_factory=dict)
    spectacular: dict = field(default_factory=dict)
    written: tuple = ("jwtAuth",)


class AtItsHost(BasePermission):
    def has_permission(self, request, view):
        return request.is_secure() and request.get_host() == "api.example.com"


BY_ADDRESS = view(SaysPublic, authentication_classes=[Discovery])
GUEST = {"REST_FRAMEWORK": {"UNAUTHENTICATED_USER": f"{__name__}.guest"}}
WORLDS = {
    **{
        f"hosts {hosts}": World(
            BY_ADDRESS, State.SECURED, {"ALLOWED_HOSTS": hosts}, written=("basicAuth",)
        )
        for hosts in (["api.example.com"], [".example.com"], ["*.example.com"], ["*"], [""], [])
    },
    "its anonymous user": World(SaysPublic, settings=GUEST),
    "initialize_request()": World(reading("initialize_request")),
    "get_permissions()": World(reading("get_permissions")),
    "get_authenticators()": World(reading("get_authenticators")),
    # Its gate is REST framework's own, and is known without a request.
    "get_parsers()": World(reading("get_parsers"), State.SECURED),
    "the mock request": World(
        view(SaysPublic, permission_classes=[IsAuthenticated & IsAuthenticated]),
        settings=GUEST,
        spectacular={"GET_MOCK_REQUEST": mock_request},
    ),
}


@pytest.fixture
def world(request, settings):
    found = WORLDS[request.param]
    for name, value in found.settings.items():
        before = getattr(settings, name)
        setattr(settings, name, {**before, **value} if isinstance(value, dict) else value)
    return found


IN_ALL = pytest.mark.parametrize("world", WORLDS, indirect=True)


@IN_ALL
@TIERS
def test_a_read_that_t1_forbids_moves_the_question_to_t2(world, tier):
    (audited,) = audited_schema(
        route(world.view), probe=Probe(tier), **world.spectacular
    ).operations
    decision = audited.decision
    assert decision.state is (world.alone if tier is Tier.T1 else State.SECURED)
    assert not decision.crashed
    if decision.is_decided:
        assert decision.refusal == 401
        assert len(decision.alternatives) == 1
    else:
        assert "asks the database" in decision.reason


@IN_ALL
def test_the_live_server_refuses_as_decided(world, settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert world.view.as_view()(APIRequestFactory().get("/")).status_code == 401


@IN_ALL
@OAS_VERSIONS
def test_the_audit_finds_the_lie(world, version):
    options = {"probe": Probe(Tier.T3), "OAS_VERSION": version, **world.spectacular}
    report = report_on(route(world.view), **options)
    assert [one.rule.id for one in report.findings if one.severity is Severity.ERROR] == ["AK302"]


@IN_ALL
@OAS_VERSIONS
def test_the_hook_mends_what_it_can_decide_and_leaves_the_rest(world, version):
    options = {"OAS_VERSION": version, **world.spectacular}
    document = fixed_schema(route(world.view), **options)
    if world.alone is State.UNDECIDED:
        assert document == plain_schema(route(world.view), **options)
    else:
        assert operation(document)["security"] == [{name: []} for name in world.written]
        assert "401" in operation(document)["responses"]


@IN_ALL
@OAS_VERSIONS
def test_with_what_the_audit_wrote_down_the_hook_mends_all(world, version, settings, tmp_path):
    settings.AUTHKIT = {"SCHEMA_VERDICTS": tmp_path / "verdicts.json"}
    options = {"OAS_VERSION": version, **world.spectacular}
    alone, deep = (
        audited_schema(route(world.view), probe=Probe(tier), **options)
        for tier in (Tier.T1, Tier.T3)
    )
    write_verdicts(settings.AUTHKIT["SCHEMA_VERDICTS"], alone, deep)
    document = fixed_schema(route(world.view), **options)
    assert operation(document)["security"] == [{name: []} for name in world.written]


@IN_ALL
@TIERS
def test_an_explanation_is_no_traceback(world, tier, urlconf):
    with patched_settings(world.spectacular):
        shown = explain_operation(
            Source(urlconf=urlconf(route(world.view))), "GET", "/thing/", Probe(tier)
        )
    state = world.alone if tier is Tier.T1 else State.SECURED
    assert f"decided         {state.value}" in shown
    assert "Traceback" not in shown


@TIERS
def test_the_host_is_the_first_that_the_project_names_and_is_called_over_https(settings, tier):
    at_its_host = view(JWTView, authentication_classes=[], permission_classes=[AtItsHost])
    for hosts, state in (
        (["api.example.com", "www.example.com"], State.PUBLIC),
        (["www.example.com", "api.example.com"], State.UNDECIDED),
    ):
        settings.ALLOWED_HOSTS = hosts
        (audited,) = audited_schema(route(at_its_host), probe=Probe(tier)).operations
        assert audited.decision.state is state


def test_the_middleware_is_not_shown_other_hosts_than_the_projects(settings):
    settings.ALLOWED_HOSTS = ["api.example.com"]
    settings.MIDDLEWARE = [f"{__name__}.only_at_its_host", *settings.MIDDLEWARE]
    (audited,) = audited_schema(route(SaysPublic), probe=Probe(Tier.T2)).operations
    assert (audited.decision.state, audited.decision.tier) == (State.SECURED, Tier.T2)


def only_at_its_host(get_response):
    def middleware(request):
        assert [request.get_host()] == settings.ALLOWED_HOSTS
        return get_response(request)

    return middleware
