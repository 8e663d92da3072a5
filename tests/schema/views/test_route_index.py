"""The index finds what Django's resolver finds, and a view is asked about its own path alone."""

from __future__ import annotations

import pytest
from authkit.schema.model.audited_schema import probe_document
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.views.route_index import RouteIndex
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpResponse
from django.urls import Resolver404, URLPattern, URLResolver, include, path, re_path
from django.urls.resolvers import RegexPattern, RoutePattern
from django.utils import translation
from django.utils.translation import gettext_lazy
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from tests.schema.documents import OpenView, ProtectedView, audited_schema, route, view


def page(name):
    def answer(request, **kwargs):
        return HttpResponse(name)  # pragma: no cover (only its address matters)

    return answer


class EveryPath(URLPattern):
    """A pattern class of a project, which ignores its own expression."""

    def resolve(self, path):
        return super().resolve("own/") if path.endswith("own") else None


class Shouting(URLResolver):
    def resolve(self, path):
        return super().resolve(path.lower())


inner = [
    path("", page("inner"), name="inner"),
    path("<int:number>/", page("number"), {"extra": "1"}, name="number"),
    path("<str:text>/", page("text")),
    re_path(r"^(?P<letter>[a-z])/(\d+)$", page("letter")),
    re_path(r"^ab?c$", page("optional")),
    re_path(r"^one|two$", page("either")),
    re_path(r"tail$", page("tail")),
    re_path(r"(?i)^case/$", page("case")),
]
patterns = [
    path("", page("home")),
    path("things/", include((inner, "things"), namespace="first")),
    path("things/special/", page("never: text comes first")),
    path("<slug:tenant>/of/", include((inner, "things"), namespace="second")),
    re_path(r"^old/", include(inner)),
    re_path(r"^(?P<kind>a|b)/", include(inner)),
    re_path(r"", include([path("bare/", page("bare"))])),
    path(gettext_lazy("users/"), page("users")),
    *i18n_patterns(path("local/", page("local"))),
    EveryPath(RoutePattern("own/", is_endpoint=True), page("own")),
    Shouting(RoutePattern("loud/"), [path("voice/", page("voice"))]),
    path("things/", page("never: it is there already")),
    path("last/", page("last")),
]
PATHS = [
    "/",
    "/things/",
    "/things/7/",
    "/things/special/",
    "/things/x/12",
    "/things/ac",
    "/things/abc",
    "/things/one",
    "/things/oneself",
    "/things/a-tail",
    "/things/CASE/",
    "/shop/of/7/",
    "/shop/of/",
    "/old/7/",
    "/a/7/",
    "/bare/",
    "/users/",
    "/en/local/",
    "/anything/own",
    "/LOUD/VOICE/",
    "/loud/VOICE/",
    "/last/",
    "/last",
    "/nowhere/",
    "last/",
    "",
]


def resolver():
    return URLResolver(RegexPattern(r"^/"), patterns)


def looked_up(resolve, at):
    try:
        match = resolve(at)
    except Resolver404:
        return "nothing"
    return (
        match.func,
        match.args,
        match.kwargs,
        match.view_name,
        match.namespaces,
        match.route,
        match.captured_kwargs,
        match.extra_kwargs,
    )


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("at", PATHS)
def test_a_path_leads_where_django_leads(at, language):
    indexed = RouteIndex(resolver())
    with translation.override(language):
        assert looked_up(indexed.resolve, at) == looked_up(resolver().resolve, at)


def test_the_paths_lead_to_different_places():
    found = [looked_up(resolver().resolve, at) for at in PATHS]
    assert len({one[0] for one in found if one != "nothing"}) > 10
    assert found.count("nothing") > 3


def test_most_patterns_are_not_tried():
    tried = []

    many = [path(f"things-{number}/", page(str(number))) for number in range(200)]
    for one in many:
        one.pattern.match = lambda rest, match=one.pattern.match: tried.append(rest) or match(rest)
    indexed = RouteIndex(URLResolver(RegexPattern(r"^/"), many))
    assert indexed.resolve("/things-150/").func is many[150].callback
    assert len(tried) == 1


def test_a_path_that_was_found_is_found_again_at_once_and_with_arguments_of_its_own():
    tried = []
    many = [path(f"<int:number>/{name}/", page(name)) for name in ("one", "two", "three")]
    for one in many:
        one.pattern.match = lambda rest, match=one.pattern.match: tried.append(rest) or match(rest)
    indexed = RouteIndex(URLResolver(RegexPattern(r"^/"), many))
    indexed.resolve("/7/three/").kwargs.clear()
    assert len(tried) == 3
    assert indexed.resolve("/7/three/").kwargs == {"number": 7}
    assert len(tried) == 4


class Trap(OpenView):
    """Comes first at some paths, and is not to be run when others are asked about."""

    def get(self, request, **kwargs):
        raise AssertionError  # pragma: no cover (this is the point of the test)


@pytest.mark.django_db
class TestAnotherViewAtThePath:
    def test_leaves_the_operation_undecided_and_is_not_run(self):
        routes = [path("<int:pk>/", Trap.as_view()), path("<str:name>/", ProtectedView.as_view())]
        audited = audited_schema(*routes, probe=Probe(Tier.T2)).operations
        found = {one.path: one.decision for one in audited}
        assert found["/{id}/"].state is State.PUBLIC
        assert found["/{name}/"].state is State.UNDECIDED
        assert found["/{name}/"].reason == (
            "/1/ is answered by another view (tests.schema.views.test_route_index.Trap)"
        )

    def test_may_be_no_view_of_the_api(self):
        routes = [path("1/", page("one")), path("<int:pk>/", ProtectedView.as_view())]
        (audited,) = audited_schema(*routes, probe=Probe(Tier.T2)).operations
        assert "test_route_index.page.<locals>.answer" in audited.decision.reason

    def test_is_passed_by_with_a_value_of_the_users(self):
        routes = [path("<int:pk>/", Trap.as_view()), path("<str:name>/", ProtectedView.as_view())]
        probe = Probe(Tier.T2, params={"name": "anna"})
        assert [
            one.decision.is_decided for one in audited_schema(*routes, probe=probe).operations
        ] == [
            True,
            True,
        ]


@pytest.mark.django_db
def test_the_projects_own_urlconf_is_resolved_as_it_is(settings, urlconf):
    settings.ROOT_URLCONF = urlconf(route(OpenView), route(view(ProtectedView), "own/"))
    generator = SchemaGenerator()
    with GENERATOR_STATS.silence():
        document = generator.get_schema(request=None, public=True)
        schema = probe_document(document, generator, Probe(Tier.T2))
    assert {one.path: (one.decision.state, one.decision.tier) for one in schema.operations} == {
        "/thing/": (State.PUBLIC, Tier.T2),
        "/own/": (State.SECURED, Tier.T2),
    }
