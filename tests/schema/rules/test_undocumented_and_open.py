from __future__ import annotations

from authkit.schema.rules.undocumented_and_open import RULE
from django.http import HttpResponse
from django.urls import include, path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import DefaultRouter

from tests.schema.documents import OpenView, ProtectedView, audited_schema, found, route, view

HIDDEN = view(OpenView, schema=None)


def plain(request):
    return HttpResponse()  # pragma: no cover (only its address matters)


def test_an_open_view_without_a_schema_is_found():
    assert found(RULE, route(HIDDEN, "old/"), route(OpenView)) == ["GET /old/"]


def test_an_excluded_operation_is_found():
    excluded = extend_schema(exclude=True)(view(OpenView))
    assert found(RULE, route(excluded, "old/"), route(OpenView)) == ["GET /old/"]


def test_a_protected_view_without_a_schema_is_left_alone():
    assert found(RULE, route(view(ProtectedView, schema=None), "old/")) == []


def test_what_shows_the_schema_is_left_alone():
    shown = path("schema/", SpectacularAPIView.as_view(permission_classes=[]))
    assert found(RULE, shown, path("api/", include(DefaultRouter().urls))) == []


def test_views_that_are_not_of_the_api_are_left_alone():
    assert found(RULE, path("plain/", plain), route(OpenView)) == []


def test_a_view_that_cannot_be_built_is_left_alone():
    class Broken(HIDDEN):
        def __init__(self, **kwargs):
            raise RuntimeError

    assert found(RULE, route(Broken, "old/"), route(OpenView)) == []


def test_a_view_that_can_be_built_only_once_is_left_alone():
    built = []

    class Once(HIDDEN):
        def __init__(self, **kwargs):
            built.append(self)
            if len(built) > 1:
                raise SystemExit
            super().__init__(**kwargs)

    assert found(RULE, route(Once, "old/"), route(OpenView)) == []
    assert len(built) == 2


def test_a_truth_without_a_generator_has_no_such_views():
    schema = audited_schema(route(HIDDEN))
    assert list(RULE.look(type(schema)(schema.document, schema.operations))) == []
