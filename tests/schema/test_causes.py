"""What is said of minimal views, on every version of OpenAPI, without the hook and with it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.urls import include, path
from drf_spectacular.utils import OpenApiCallback, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission
from rest_framework_simplejwt.views import TokenObtainPairView

from tests.schema.documents import (
    HOOK,
    OAS_VERSIONS,
    JWTView,
    OpenView,
    ProtectedView,
    report_on,
    route,
    view,
)

JWT = {"jwtAuth": []}


class ReadersAndStaff(BasePermission):
    def has_permission(self, request, view):
        return request.method in SAFE_METHODS or bool(request.user and request.user.is_staff)


class OpenForReads(JWTView):
    permission_classes = [ReadersAndStaff]

    def delete(self, request): ...


class Ignoring(BaseAuthentication):
    def authenticate(self, request):
        return None


class Paying(ProtectedView):
    paid = {"post": {"security": [{"signature": []}], "responses": {"200": {"description": ""}}}}

    @extend_schema(callbacks=[OpenApiCallback("paid", "{$request.body#/url}", paid)])
    def get(self, request): ...


class SharedName(OpenView):
    @extend_schema(operation_id="shared")
    def get(self, request): ...


@dataclass(frozen=True)
class Row:
    """Routes and settings, and what is reported by place: rules and severities."""

    name: str
    routes: tuple
    plain: dict
    fixed: dict
    settings: dict = field(default_factory=dict)


LIBRARY = (route(TokenObtainPairView, "jwt/"), route(ObtainAuthToken, "token/"))
SHARED = [route(SharedName)]
TWICE = {
    "the document": "AK112 note",
    "GET /a/thing/": "AK308 warning",
    "GET /b/thing/": "AK308 warning",
}

TABLE = [
    Row(
        "open-for-reads",
        (route(OpenForReads),),
        {
            "GET /thing/": "AK301 error, AK308 warning, AK404 note",
            "DELETE /thing/": "AK401 warning",
        },
        {"GET /thing/": "AK308 warning"},
    ),
    Row(
        "required-by-setting",
        (route(OpenView), route(ProtectedView, "other/")),
        {
            "the document": "AK502 error",
            "GET /thing/": "AK205 note",
            "GET /other/": "AK103 warning, AK401 warning",
        },
        {"the document": "AK502 warning"},
        {"SECURITY": [JWT]},
    ),
    Row(
        "undefined-by-setting",
        (route(ProtectedView), route(ProtectedView, "other/")),
        {
            "the document": "AK101 error, AK502 error",
            "GET /thing/": "AK401 warning",
            "GET /other/": "AK401 warning",
        },
        {"the document": "AK101 error, AK502 error"},
        {"SECURITY": [{"gateway": []}]},
    ),
    Row(
        "ignoring",
        (
            route(
                view(authentication_classes=[Ignoring], permission_classes=[AllowAny]),
            ),
        ),
        {"the document": "AK201 error"},
        {"the document": "AK201 error"},
    ),
    Row(
        "library",
        LIBRARY,
        {"POST /jwt/": "AK602 error", "POST /token/": "AK301 error, AK404 note, AK602 error"},
        {"POST /jwt/": "AK602 error", "POST /token/": "AK602 error"},
    ),
    Row(
        "callback",
        (route(Paying),),
        {
            "GET /thing/": "AK401 warning",
            "POST /thing/ callbacks/paid/{$request.body#/url}": "AK101 error",
        },
        {"POST /thing/ callbacks/paid/{$request.body#/url}": "AK101 error"},
    ),
    Row(
        "included-twice",
        (path("a/", include(SHARED)), path("b/", include(SHARED))),
        TWICE,
        TWICE,
    ),
]

every_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)


def reported(row, version, hooks):
    places = {}
    for one in report_on(*row.routes, hooks=hooks, OAS_VERSION=version, **row.settings).findings:
        places.setdefault(one.place.label, []).append(f"{one.rule.id} {one.severity.label}")
    return {place: ", ".join(sorted(rules)) for place, rules in places.items()}


@every_row
@OAS_VERSIONS
def test_what_is_said_of_the_document_as_it_is(row, version):
    assert reported(row, version, []) == row.plain


@every_row
@OAS_VERSIONS
def test_what_is_said_of_the_document_that_the_hook_made(row, version):
    assert reported(row, version, [HOOK]) == row.fixed
