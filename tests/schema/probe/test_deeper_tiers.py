"""A deeper tier never forgets what a shallower one proved, unless it disproves it."""

from __future__ import annotations

import socket

import pytest
from authkit.schema.probe import dry_run
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.results.findings import Severity
from authkit.schema.rules.anonymous_crash import RULE as CRASH
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.http import HttpResponse, HttpResponseRedirect
from drf_spectacular.utils import extend_schema
from rest_framework import versioning
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.urlpatterns import format_suffix_patterns
from rest_framework.views import APIView

from tests.schema.documents import (
    HOOK,
    OAS_VERSIONS,
    JWTView,
    OpenView,
    ProtectedView,
    audited_schema,
    fixed_schema,
    found,
    report_on,
    route,
    view,
)

# ATOMIC_REQUESTS opens a transaction around every view
pytestmark = pytest.mark.django_db

TIERS = pytest.mark.parametrize("tier", [Tier.T1, Tier.T2, Tier.T3], ids=lambda tier: tier.label)


class CSVRenderer(BaseRenderer):
    media_type = "text/csv"
    format = "csv"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return b"name\n"


class OwnInitial(JWTView):
    """Its whole ``initial()`` is run at T1 as well."""

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)


def versioned(kind, base, **attributes):
    """Return a secured view that renders CSV alone, and that says it is public."""

    def get(self, request, **kwargs):
        """Is not run."""

    return view(
        base,
        get=extend_schema(auth=[])(get),
        permission_classes=[IsAuthenticated],
        renderer_classes=[CSVRenderer],
        versioning_class=type("Versions", (kind,), {"allowed_versions": ["1.0", "2.0"]}),
    )


KINDS = pytest.mark.parametrize(
    "kind",
    [
        versioning.AcceptHeaderVersioning,
        versioning.URLPathVersioning,
    ],
)
BASES = pytest.mark.parametrize("base", [JWTView, OwnInitial])


def route_of(kind, base):
    in_path = "<version>/" if kind is versioning.URLPathVersioning else ""
    return route(versioned(kind, base), f"{in_path}thing/")


class TestAViewThatRendersNoJSON:
    @KINDS
    @BASES
    @TIERS
    def test_is_decided_in_each_version(self, kind, base, tier):
        (audited,) = audited_schema(
            route_of(kind, base), api_version="2.0", probe=Probe(tier)
        ).operations
        decision = audited.decision
        assert (decision.state, decision.refusal) == (State.SECURED, 401), decision.reason
        assert (decision.tier is Tier.T2) is (tier > Tier.T1)

    @KINDS
    @BASES
    @OAS_VERSIONS
    def test_is_documented_falsely_and_that_is_found_and_fixed(self, kind, base, version):
        options = {"api_version": "2.0", "OAS_VERSION": version}
        report = report_on(route_of(kind, base), probe=Probe(Tier.T3), **options)
        errors = [one.rule.id for one in report.findings if one.severity is Severity.ERROR]
        assert errors == ["AK302"]
        document = fixed_schema(route_of(kind, base), **options)
        (path_item,) = document["paths"].values()
        assert path_item["get"]["security"] == [{"jwtAuth": []}]

    @TIERS
    def test_is_decided_with_a_suffix(self, tier):
        csv = view(JWTView, permission_classes=[IsAuthenticated], renderer_classes=[CSVRenderer])
        routes = format_suffix_patterns([route(csv)])
        audited = audited_schema(*routes, probe=Probe(tier)).operations
        assert [one.decision.state for one in audited] == [State.SECURED] * 2
        if tier >= Tier.T2:
            assert [one.decision.tier for one in audited] == [Tier.T2] * 2


def crashes(get_response):
    def middleware(request):
        raise LookupError("no tenant")

    return middleware


def crashes_for_want_of_a_cache(get_response):
    def middleware(request):
        cache.add("requests", 0)
        cache.incr("requests")
        return get_response(request)

    return middleware


def writes(get_response):
    def middleware(request):
        Group.objects.create(name="visited")
        return get_response(request)

    return middleware


def asks_a_service(get_response):
    def middleware(request):
        try:
            socket.create_connection(("127.0.0.1", 9))
        except OSError:
            return HttpResponse(status=503)
        return get_response(request)

    return middleware


def sends_away(get_response):
    return lambda request: HttpResponseRedirect("https://example.com/moved/")


def answers_by_itself(get_response):
    return lambda request: HttpResponse("cached")


class Asks(BasePermission):
    def has_permission(self, request, view):
        return Group.objects.exists()


ROUTES = [
    route(ProtectedView, "own/"),
    route(OpenView, "open/"),
    route(view(JWTView, permission_classes=[Asks]), "asks/"),
    route(view(JWTView, permission_classes=[IsAuthenticated & Asks]), "both/"),
]
SECURED, PUBLIC, UNDECIDED = State.SECURED, State.PUBLIC, State.UNDECIDED
BEFORE_THE_VIEW = {
    "crashes": [SECURED, PUBLIC, UNDECIDED, SECURED],
    "crashes_for_want_of_a_cache": [SECURED, PUBLIC, UNDECIDED, SECURED],
    "writes": [SECURED, PUBLIC, UNDECIDED, SECURED],
    # These say that anonymous callers may not come as far as to an open view.
    "asks_a_service": [SECURED, UNDECIDED, UNDECIDED, SECURED],
    "sends_away": [SECURED, UNDECIDED, UNDECIDED, SECURED],
    # And this, that the view need not be asked.
    "answers_by_itself": [UNDECIDED, UNDECIDED, UNDECIDED, UNDECIDED],
}


class TestWhatStandsBeforeTheView:
    @pytest.fixture(params=BEFORE_THE_VIEW)
    def name(self, request, settings):
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.{request.param}"]
        return request.param

    @pytest.mark.parametrize("tier", [Tier.T2, Tier.T3, Tier.T4], ids=lambda tier: tier.label)
    def test_overwrites_only_what_it_disproves(self, name, tier):
        audited = audited_schema(*ROUTES, probe=Probe(tier)).operations
        by_path = {one.path: one.decision.state for one in audited}
        assert [by_path[f"/{at}/"] for at in ("own", "open", "asks", "both")] == (
            BEFORE_THE_VIEW[name]
        )
        assert not Group.objects.exists()

    def test_proves_nothing_about_what_is_documented(self, name):
        report = report_on(*ROUTES, hooks=[HOOK], probe=Probe(Tier.T3))
        errors = {one.rule.id for one in report.findings if one.severity is Severity.ERROR}
        assert errors <= {"AK305"}


def test_a_crash_before_a_view_of_which_nothing_is_known_is_a_finding(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.crashes"]
    assert found(CRASH, *ROUTES, probe=Probe(Tier.T2)) == ["GET /asks/"]
    assert found(CRASH, *ROUTES, probe=Probe(Tier.T1)) == []


def with_tenant(get_response):
    def middleware(request):
        request.tenant = None
        return get_response(request)

    return middleware


class OfTheTenant(BasePermission):
    """Admits where there are no tenants, and crashes where there is none of that name."""

    def has_permission(self, request, view):
        return not hasattr(request, "tenant") or request.tenant.is_open


class Refuses(OfTheTenant):
    def has_permission(self, request, view):
        return hasattr(request, "tenant") and request.tenant.is_open


@pytest.mark.parametrize(
    ("permission", "state"), [(OfTheTenant, State.OPTIONAL), (Refuses, State.SECURED)]
)
def test_a_crash_at_the_gate_proves_nothing(settings, permission, state):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.with_tenant"]
    guarded = view(JWTView, permission_classes=[permission])
    for tier in (Tier.T1, Tier.T2, Tier.T3):
        (audited,) = audited_schema(route(guarded), probe=Probe(tier)).operations
        assert (audited.decision.state, audited.decision.tier) == (state, Tier.T1)


def admits_its_own(get_response):
    def middleware(request):
        request.tenant = type("Tenant", (), {"is_open": True})
        return get_response(request)

    return middleware


def test_an_answer_at_the_gate_disproves(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.admits_its_own"]
    guarded = view(JWTView, permission_classes=[Refuses])
    (audited,) = audited_schema(route(guarded), probe=Probe(Tier.T2)).operations
    assert (audited.decision.state, audited.decision.tier) == (State.OPTIONAL, Tier.T2)


def test_the_gate_of_rest_framework_is_replaced_once_for_all_operations(monkeypatch):
    owners = []
    replaced = dry_run.replaced
    monkeypatch.setattr(
        dry_run, "replaced", lambda owner, *rest: owners.append(owner) or replaced(owner, *rest)
    )
    routes = [route(view(ProtectedView), f"thing{number}/") for number in range(3)]
    audited_schema(*routes, probe=Probe(Tier.T2))
    assert len(owners) > len(routes)
    assert owners.count(APIView) == 1
