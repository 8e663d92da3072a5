"""Every operation of a document leads back to its view."""

from __future__ import annotations

import sys
import types

import pytest
from authkit.schema.probe.decision import State
from django.contrib.auth.models import Group
from django.urls import include, path, re_path
from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, versioning, viewsets
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.routers import SimpleRouter

from tests.schema.documents import JWTView, OpenView, ProtectedView, audited_schema, route, view


def mapped(*routes, **options):
    """Return the views by path and method, and insist that every operation has one."""
    audited = audited_schema(*routes, **options).operations
    assert all(one.source for one in audited)
    return {(one.path, one.method): type(one.source.view) for one in audited}


def states(*routes, **options):
    return {one.path: one.decision.state for one in audited_schema(*routes, **options).operations}


TWO = (route(OpenView, "api/open/"), route(ProtectedView, "api/closed/"))


def test_plain_routes_lead_to_their_views():
    assert mapped(*TWO) == {("/api/open/", "get"): OpenView, ("/api/closed/", "get"): ProtectedView}


@pytest.mark.parametrize(
    "settings",
    [
        {"SCHEMA_PATH_PREFIX_TRIM": True},
        {"SCHEMA_PATH_PREFIX": "/api", "SCHEMA_PATH_PREFIX_TRIM": True},
        {"SCHEMA_PATH_PREFIX": "^/api/", "SCHEMA_PATH_PREFIX_TRIM": True},
        {"SCHEMA_PATH_PREFIX_INSERT": "/edge"},
        {"SCHEMA_PATH_PREFIX_TRIM": True, "SCHEMA_PATH_PREFIX_INSERT": "/edge"},
        {"CAMELIZE_NAMES": True},
        {"SORT_OPERATIONS": False},
    ],
    ids=str,
)
def test_settings_that_change_paths_change_nothing_about_the_views(settings):
    routes = (*TWO, route(view(OpenView), "api/<int:long_name_pk>/x/"))
    assert set(states(*routes, **settings).values()) == {State.PUBLIC, State.SECURED}
    assert len(mapped(*routes, **settings)) == 3


def test_the_prefix_of_a_single_view_is_not_trimmed_away():
    assert list(mapped(TWO[0], SCHEMA_PATH_PREFIX_TRIM=True)) == [("/api/open/", "get")]


def test_an_excluded_view_does_not_take_the_place_of_another():
    class Excluded(ProtectedView):
        @extend_schema(exclude=True)
        def get(self, request): ...

    trimmed = {"SCHEMA_PATH_PREFIX": "/v[12]", "SCHEMA_PATH_PREFIX_TRIM": True}
    routes = (route(OpenView, "v1/a/"), route(Excluded, "v2/a/"), route(OpenView, "v1/b/"))
    assert states(*routes, **trimmed) == {"/a/": State.PUBLIC, "/b/": State.PUBLIC}


class GroupSerializer(serializers.ModelSerializer):
    class Meta:
        model = Group
        fields = ["name"]


class GroupViewSet(viewsets.ModelViewSet):
    queryset = Group.objects.all()
    serializer_class = GroupSerializer
    authentication_classes = []
    permission_classes = [AllowAny]


def test_the_actions_of_a_viewset_all_lead_to_it():
    router = SimpleRouter()
    router.register("groups", GroupViewSet)
    views = mapped(path("", include(router.urls)))
    assert set(views.values()) == {GroupViewSet}
    assert ("/groups/{id}/", "patch") in views


class TestVersions:
    def test_in_the_path(self):
        class Versioned(ProtectedView):
            versioning_class = versioning.URLPathVersioning

            def get_permissions(self):
                return [AllowAny() if self.request.version == "v2" else IsAuthenticated()]

        routes = [re_path(r"^(?P<version>v1|v2)/a/$", Versioned.as_view())]
        assert states(*routes, api_version="v1") == {"/v1/a/": State.SECURED}
        assert states(*routes, api_version="v2") == {"/v2/a/": State.OPTIONAL}

    def test_in_the_namespace(self):
        namespaced = {"versioning_class": versioning.NamespaceVersioning}
        first = [path("a/", view(OpenView, **namespaced).as_view())]
        second = [path("a/", view(ProtectedView, **namespaced).as_view())]
        routes = [
            path("v1/", include((first, "app"), namespace="v1")),
            path("v2/", include((second, "app"), namespace="v2")),
        ]
        assert states(*routes, api_version="v2") == {"/v2/a/": State.SECURED}

    def test_in_the_accept_header(self):
        class Versioned(ProtectedView):
            versioning_class = versioning.AcceptHeaderVersioning

            def get_permissions(self):
                return [AllowAny() if self.request.version == "2" else IsAuthenticated()]

        routes = [route(Versioned)]
        assert states(*routes, api_version="1") == {"/thing/": State.SECURED}
        assert states(*routes, api_version="2") == {"/thing/": State.OPTIONAL}

    def test_without_a_version_versioned_views_are_not_in_the_document(self):
        versioned = view(OpenView, versioning_class=versioning.URLPathVersioning)
        routes = [
            re_path(r"^(?P<version>v1)/a/$", versioned.as_view()),
            route(OpenView, "b/"),
        ]
        assert states(*routes) == {"/b/": State.PUBLIC}

    def test_of_an_unknown_kind_are_processed_as_unversioned(self):
        class Own(versioning.BaseVersioning):
            def determine_version(self, request, *args, **kwargs): ...

        assert states(route(view(OpenView, versioning_class=Own))) == {"/thing/": State.PUBLIC}


def test_the_view_that_answers_is_probed_not_the_one_that_documents_it(monkeypatch):
    module = types.ModuleType("replaced_views")
    module.Answering = view(ProtectedView)
    monkeypatch.setitem(sys.modules, "replaced_views", module)
    monkeypatch.setattr(OpenApiViewExtension, "_registry", [])

    class Replacement(OpenApiViewExtension):
        target_class = "replaced_views.Answering"

        def view_replacement(self):
            return view(OpenView)

    assert mapped(route(module.Answering)) == {("/thing/", "get"): module.Answering}
    assert states(route(module.Answering)) == {"/thing/": State.SECURED}


def test_an_operation_that_no_view_serves_has_no_decision():
    stale = {"/gone/": {"get": {"operationId": "gone", "responses": {}}}}
    (gone,) = [
        one for one in audited_schema(*TWO, APPEND_PATHS=stale).operations if one.path == "/gone/"
    ]
    assert (gone.source, gone.decision) == (None, None)


def test_a_view_that_cannot_be_rebuilt_stays_without_a_decision():
    class OnlyOnceSchema(AutoSchema):
        def is_excluded(self):
            if vars(OnlyOnce).get("built"):
                raise RuntimeError
            return super().is_excluded()

    class OnlyOnce(JWTView):
        schema = OnlyOnceSchema()

    def spoil(document):
        OnlyOnce.built = True

    schema = audited_schema(route(OnlyOnce), route(OpenView, "open/"), change=spoil)
    assert {one.path: one.source is not None for one in schema.operations} == {
        "/open/": True,
        "/thing/": False,
    }


def test_a_generator_that_leaves_endpoints_out_is_followed():
    class Shorter(SchemaGenerator):
        def _get_paths_and_endpoints(self):
            return super()._get_paths_and_endpoints()[1:]

    assert mapped(*TWO, generator_class=Shorter) == {("/api/open/", "get"): OpenView}


def test_no_warning_is_printed_for_looking_again(capsys):
    audited_schema(*TWO)
    assert capsys.readouterr().err == ""
