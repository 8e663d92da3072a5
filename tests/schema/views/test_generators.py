"""Generators of a project's own: whatever they do to paths, operations lead back to their views."""

from __future__ import annotations

import copy

import pytest
from authkit.schema.model.source import Source, probe_source
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.rules.undocumented_and_open import RULE as AK601
from django.urls import include, path, re_path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings, spectacular_settings
from drf_spectacular.utils import extend_schema
from rest_framework import versioning
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSet

from tests.schema.documents import (
    HOOK,
    JWTView,
    OpenView,
    ProtectedView,
    fixed_schema,
    plain_schema,
    route,
    view,
)

VERSIONS = pytest.mark.parametrize("oas", ["3.0.3", "3.1.1", "3.2.0"])


class MarkedOpen(ProtectedView):
    @extend_schema(auth=[])
    def get(self, request, **kwargs):
        return super().get(request)


class Declared(OpenView):
    """Open, and documented as secured."""

    @extend_schema(auth=[{"jwtAuth": []}])
    def get(self, request, **kwargs):
        return super().get(request)


def renamed(paths):
    return {at.replace("{id}", "{thing_id}").replace("/api", "/v9"): paths[at] for at in paths}


class Renaming(SchemaGenerator):
    def parse(self, input_request, public):
        return renamed(super().parse(input_request, public))


class RenamingCopies(SchemaGenerator):
    def parse(self, input_request, public):
        return renamed(copy.deepcopy(super().parse(input_request, public)))


class RenamingLast(SchemaGenerator):
    """Renames after all hooks, and after all of the document was copied."""

    def get_schema(self, request=None, public=False):
        document = super().get_schema(request, public)
        return document | {"paths": renamed(document["paths"])}


class Numbering(SchemaGenerator):
    """Names operations by where they are, after all hooks: neither id nor place is left."""

    def get_schema(self, request=None, public=False):
        document = super().get_schema(request, public)
        for number, item in enumerate(document["paths"].values()):
            for operation in item.values():
                operation["operationId"] = f"operation{number}"
        return document | {"paths": renamed(document["paths"])}


class Choosing(SchemaGenerator):
    """Leaves endpoints out, and turns the order of the others round."""

    def _get_paths_and_endpoints(self):
        chosen = super()._get_paths_and_endpoints()
        return [one for one in reversed(chosen) if "hidden" not in one[0]]


class Coercing(SchemaGenerator):
    def coerce_path(self, at, method, view):
        return super().coerce_path(at, method, view).replace("{id}", "{key}")


class LookingInside(SchemaGenerator):
    """Needs what only the real operation has."""

    def parse(self, input_request, public):
        paths = super().parse(input_request, public)
        for item in paths.values():
            for operation in item.values():
                operation["x-success"] = operation["responses"]["200"]["description"]
        return paths


class SwappingFirst(SchemaGenerator):
    """Gives the place of one operation to another, and runs the hooks after that."""

    def get_schema(self, request=None, public=False):
        paths = self.parse(input_request=request, public=public)
        document = {"openapi": "3.0.3", "info": {"title": "", "version": ""}, "paths": paths}
        swapped(document, self, request, public)
        document["components"] = self.registry.build({})
        for hook in spectacular_settings.POSTPROCESSING_HOOKS:
            document = hook(document, self, request, public)
        return document


class ByItself(SchemaGenerator):
    """Makes paths without what the library does: no version, no prefix, keywords for arguments."""

    def parse(self, input_request, public):
        self._initialise_endpoints()
        paths = {}
        for at, path_regex, method, callback in self.endpoints:
            made = self.create_view(callback, method)
            operation = made.schema.get_operation(
                registry=self.registry,
                path=at,
                path_regex=path_regex,
                path_prefix="",
                method=method,
            )
            if operation:
                paths.setdefault(f"/own{at}", {})[method.lower()] = operation
        return paths


class WithoutCreateView(SchemaGenerator):
    """Creates its views by itself."""

    def _get_paths_and_endpoints(self):
        found = []
        for at, path_regex, method, callback in self.endpoints:
            made = callback.cls(**callback.initkwargs)
            made.request = made.format_kwarg = None
            made.args, made.kwargs, made.action_map = (), {}, None
            found.append((self.coerce_path(at, method, made), path_regex, method, made))
        return found


class OwnCopies(AutoSchema):
    def get_operation(self, *args, **kwargs):
        operation = super().get_operation(*args, **kwargs)
        return operation and {**operation, "x-owner": "shop"}


class OwnInspectorView(ProtectedView):
    schema = OwnCopies()


GENERATORS = pytest.mark.parametrize(
    "generator",
    [
        SchemaGenerator,
        Renaming,
        RenamingCopies,
        RenamingLast,
        Numbering,
        Choosing,
        Coercing,
        LookingInside,
        ByItself,
        WithoutCreateView,
    ],
)

ROUTES = [
    path("api/lies/<int:pk>/", MarkedOpen.as_view()),
    path("api/declared/", Declared.as_view()),
    path("api/own/", OwnInspectorView.as_view()),
    path("api/own/again/", OwnInspectorView.as_view()),
    path("api/hidden/", view(OpenView, schema=None).as_view()),
]
STATES = {
    "MarkedOpen": State.SECURED,
    "Declared": State.PUBLIC,
    "OwnInspectorView": State.SECURED,
}


@pytest.fixture
def published(urlconf, monkeypatch):
    """Return what the audit makes of the document of a project with this generator."""

    def make(generator, *routes, tier=Tier.T1, api_version=None, hooks=(), **patches):
        name = urlconf(*routes)
        monkeypatch.setattr(spectacular_settings, "DEFAULT_GENERATOR_CLASS", generator)
        with patched_settings({"POSTPROCESSING_HOOKS": list(hooks), **patches}):
            schema, _ = probe_source(Source(name, api_version), Probe(tier))
        return schema

    return make


def states(schema):
    return {
        one.path: (one.source.view_name.rpartition(".")[2], one.decision.state)
        for one in schema.operations
        if one.source
    }


@VERSIONS
@GENERATORS
@pytest.mark.parametrize("hooks", [[], [HOOK]], ids=["without hook", "hook"])
def test_every_operation_leads_to_its_view(published, generator, hooks, oas):
    schema = published(generator, *ROUTES, hooks=hooks, OAS_VERSION=oas)
    assert schema.document["openapi"] == oas
    found = states(schema)
    assert len(found) == len(schema.operations) == 4
    for name, state in found.values():
        assert state is STATES[name]


@GENERATORS
@pytest.mark.django_db
def test_the_whole_stack_is_asked_as_well(published, generator):
    schema = published(generator, *ROUTES, tier=Tier.T2)
    assert {one.decision.tier for one in schema.operations} == {Tier.T2}
    assert {one.source.route for one in schema.operations} == {
        "/api/lies/{pk}/",
        "/api/declared/",
        "/api/own/",
        "/api/own/again/",
    }


@VERSIONS
@GENERATORS
def test_the_hook_writes_the_truth_whatever_the_generator_does(generator, oas):
    document = fixed_schema(*ROUTES, generator_class=generator, OAS_VERSION=oas)
    written = {
        at: operation["security"]
        for at, item in document["paths"].items()
        for operation in item.values()
    }
    assert len(written) == 4
    for at, security in written.items():
        assert security == ([] if "declared" in at else [{"jwtAuth": []}]), at


@GENERATORS
def test_nothing_but_the_security_is_other_than_without_the_hook(generator):
    def make(hooks):
        made = generator(patterns=ROUTES)
        with patched_settings({"POSTPROCESSING_HOOKS": hooks}):
            document = made.get_schema(request=None, public=True)
        for item in document["paths"].values():
            for operation in item.values():
                operation.pop("security", None)
                operation["responses"].pop("401", None)
        document["components"]["schemas"].pop("AuthkitErrorDetail", None)
        return document

    assert make([HOOK]) == make([])


@GENERATORS
@pytest.mark.parametrize("hooks", [[], [HOOK]], ids=["without hook", "hook"])
def test_the_document_is_the_same_byte_for_byte_while_it_is_recorded(published, generator, hooks):
    audited = published(generator, *ROUTES, hooks=hooks).document
    with patched_settings({"POSTPROCESSING_HOOKS": hooks}), GENERATOR_STATS.silence():
        assert generator(patterns=ROUTES).get_schema(request=None, public=True) == audited


def swapped(result, generator, request, public):
    """A hook of the project gives the place of one operation to another."""
    paths = result["paths"]
    paths["/api/declared/"], paths["/api/own/"] = paths["/api/own/"], paths["/api/declared/"]
    return result


def test_an_operation_at_the_place_of_another_is_not_taken_for_it(published):
    own = f"{__name__}.swapped"
    found = states(published(SchemaGenerator, *ROUTES, hooks=[own]))
    assert found["/api/declared/"] == ("OwnInspectorView", State.SECURED)
    fixed = fixed_schema(*ROUTES, POSTPROCESSING_HOOKS=[own, HOOK])["paths"]
    assert fixed["/api/declared/"]["get"]["security"] == [{"jwtAuth": []}]
    assert fixed["/api/own/"]["get"]["security"] == []


def test_nor_if_the_generator_itself_moves_operations():
    paths = fixed_schema(*ROUTES, generator_class=SwappingFirst)["paths"]
    assert paths["/api/declared/"]["get"]["security"] == [{"jwtAuth": []}]
    assert paths["/api/own/"]["get"]["security"] == []


def test_views_with_one_inspector_and_one_id_are_told_apart(published):
    class Named(AutoSchema):
        def get_operation_id(self):
            return "thing"

    shared = Named()
    routes = [
        route(view(ProtectedView, schema=shared), "a/"),
        route(view(OpenView, schema=shared), "b/"),
    ]
    for generator in (SchemaGenerator, RenamingLast):
        found = states(published(generator, *routes))
        assert {at: state for at, (_, state) in found.items()} == {
            "/a/": State.SECURED,
            "/b/": State.PUBLIC,
        }


def test_one_dict_given_for_two_methods_stands_for_both(published):
    @extend_schema(operation={"operationId": "thing", "responses": {}})
    class Both(ProtectedView):
        def post(self, request): ...

        def get_permissions(self):
            return [IsAuthenticated()] if self.request.method == "GET" else []

    schema = published(Renaming, route(Both))
    assert {one.method: one.decision.state for one in schema.operations} == {
        "get": State.SECURED,
        "post": State.OPTIONAL,
    }


def test_a_versioned_view_without_the_step_for_versions_is_decided(published):
    class Versioned(ProtectedView):
        versioning_class = versioning.URLPathVersioning

    routes = [re_path(r"^(?P<version>v1|v2)/a/$", Versioned.as_view())]
    schema = published(ByItself, *routes, tier=Tier.T2, api_version="v2")
    assert states(schema) == {"/own/{version}/a/": ("Versioned", State.SECURED)}
    assert schema.operations[0].source.version == "v2"


class WithoutInspectors(SchemaGenerator):
    """Writes operations that no inspector returned."""

    def parse(self, input_request, public):
        paths = super().parse(input_request, public)
        return {
            at: {method: {"operationId": f"{method} {at}", "responses": {}} for method in item}
            for at, item in renamed(paths).items()
        }


def test_what_no_inspector_returned_is_no_reason_to_guess(published):
    schema = published(WithoutInspectors, *ROUTES)
    assert [one.source for one in schema.operations] == [None] * 4


def test_the_hook_warns_if_it_decided_nothing(capsys):
    before = plain_schema(*ROUTES, generator_class=WithoutInspectors)
    capsys.readouterr()
    assert fixed_schema(*ROUTES, generator_class=WithoutInspectors) == before
    warning = capsys.readouterr().err
    assert "authkit could decide none of the operations" in warning
    assert "GET /v9/declared/: no view is known" in warning


def test_the_hook_says_nothing_if_it_decided_something(capsys):
    class Failing(BasePermission):
        def has_permission(self, request, view):
            raise RuntimeError

    class Unknown(JWTView):
        permission_classes = [Failing]

    fixed_schema(route(Unknown), route(OpenView, "open/"))
    assert "could decide none" not in capsys.readouterr().err
    fixed_schema(route(Unknown))
    assert "could decide none of the operations" in capsys.readouterr().err


def test_an_empty_document_is_no_reason_for_a_warning(capsys):
    fixed_schema()
    assert capsys.readouterr().err == ""


class Things(ViewSet):
    authentication_classes = permission_classes = ()

    def list(self, request, **kwargs): ...

    def retrieve(self, request, **kwargs): ...


class SuffixRouter(SimpleRouter):
    include_format_suffixes = True


@pytest.mark.parametrize("generator", [SchemaGenerator, Renaming])
def test_documented_paths_and_their_suffixes_are_not_called_undocumented(published, generator):
    own = f"{__name__}.without_suffixes"
    router = SuffixRouter()
    router.register("things", Things, basename="thing")
    suffixed = re_path(r"^api/lone\.(?P<format>json|csv)$", view(OpenView).as_view())
    routes = [
        path("api/lone", view(OpenView).as_view()),
        suffixed,
        path("api/old/", view(OpenView, schema=None).as_view()),
        path("api/", include(router.urls)),
    ]
    patches = {"PREPROCESSING_HOOKS": [own]}
    schema = published(generator, *routes, **patches)
    with patched_settings(patches):
        assert [one.place.label for one in AK601.look(schema)] == ["GET /api/old/"]


def test_documented_paths_are_not_called_undocumented_where_no_view_is_known(published):
    class Trimming(WithoutInspectors):
        def parse(self, input_request, public):
            paths = super().parse(input_request, public)
            return {at.removeprefix("/v9"): item for at, item in paths.items()}

    schema = published(Trimming, *ROUTES)
    assert schema.operations[0].path == "/declared/"
    assert [one.place.label for one in AK601.look(schema)] == ["GET /api/hidden/"]


def without_suffixes(endpoints):
    return [one for one in endpoints if "{format}" not in one[0]]
