"""The scopes that an operation wants of API keys, in the document."""

from __future__ import annotations

import pytest
from authkit.authentication import (
    APIKeyAuthentication,
    JWTAuthentication,
    PlainAPIKeyAuthentication,
)
from authkit.permissions import HasScope
from authkit.schema.schemes.extensions import APIKeyScheme
from drf_spectacular.validation import validate_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSet

from tests.schema.documents import fixed_schema, operation, plain_schema, route, view

BOTH = [JWTAuthentication, APIKeyAuthentication]


def scoped(*permissions, **attributes):
    return view(authentication_classes=BOTH, permission_classes=permissions, **attributes)


def named(view_class, **patches):
    return operation(fixed_schema(route(view_class), **patches)).get("x-required-scopes")


@pytest.mark.parametrize(
    ("permissions", "attributes", "scopes"),
    [
        ([HasScope("b:r")], {}, ["b:r"]),
        ([HasScope("b:w", "b:r")], {}, ["b:r", "b:w"]),
        ([IsAuthenticated, HasScope("b:r")], {}, ["b:r"]),
        ([HasScope("b:r"), HasScope("b:w")], {}, ["b:r", "b:w"]),
        ([HasScope("b:r") & IsAdminUser], {}, ["b:r"]),
        ([IsAuthenticated & HasScope("b:w") & HasScope("b:r")], {}, ["b:r", "b:w"]),
        ([HasScope("b:r") | HasScope("b:w")], {}, None),
        ([HasScope], {"required_scopes": ["b:r"]}, ["b:r"]),
        ([HasScope], {"required_scopes": "b:r"}, ["b:r"]),
        ([HasScope], {"required_scopes": {"get": ["b:r"]}}, ["b:r"]),
        ([HasScope], {"required_scopes": {"post": ["b:r"]}}, None),
        ([HasScope], {}, None),
        ([IsAuthenticated], {"required_scopes": ["b:r"]}, None),
        ([AllowAny], {}, None),
    ],
)
def test_the_document_names_what_the_view_asks_for(permissions, attributes, scopes):
    assert named(scoped(*permissions, **attributes)) == scopes


class Books(ViewSet):
    authentication_classes = BOTH
    permission_classes = [HasScope]
    required_scopes = {"list": ["b:r"], "create": ["b:r", "b:w"]}

    def list(self, request):
        return Response({})

    def create(self, request):
        return Response({})

    @action(detail=False, required_scopes=["l:w"])
    def lend(self, request):
        return Response({})


def test_each_action_names_its_own():
    router = SimpleRouter()
    router.register("books", Books, basename="book")
    document = fixed_schema(*router.urls)
    found = {
        (path, method): document["paths"][path][method]["x-required-scopes"]
        for path, method in [("/books/", "get"), ("/books/", "post"), ("/books/lend/", "get")]
    }
    assert list(found.values()) == [["b:r"], ["b:r", "b:w"], ["l:w"]]


def test_in_openapi_3_0_the_requirements_stay_as_they_are():
    document = fixed_schema(route(scoped(HasScope("b:r"))), OAS_VERSION="3.0.3")
    assert operation(document)["security"] == [{"jwtAuth": []}, {"apiKeyAuth": []}]
    validate_schema(document)


def test_in_openapi_3_1_the_requirement_of_the_key_names_them_too():
    document = fixed_schema(route(scoped(HasScope("b:r"))), OAS_VERSION="3.1.0")
    assert operation(document)["security"] == [{"jwtAuth": []}, {"apiKeyAuth": ["b:r"]}]
    validate_schema(document)


def test_a_subclass_under_a_name_of_its_own_is_a_key_too():
    machine = type("MachineKey", (APIKeyAuthentication,), {"header": "X-Machine-Key"})
    one = view(authentication_classes=[machine], permission_classes=[HasScope("b:r")])
    document = fixed_schema(route(one), OAS_VERSION="3.1.0")
    (requirement,) = operation(document)["security"]
    assert list(requirement.values()) == [["b:r"]]


def test_a_view_that_requires_none_is_left_as_it_was():
    plain = view(authentication_classes=BOTH, permission_classes=[IsAuthenticated])
    before, after = (
        operation(make(route(plain), OAS_VERSION="3.1.0")) for make in (plain_schema, fixed_schema)
    )
    assert after["security"] == before["security"]
    assert "x-required-scopes" not in after


def test_a_view_that_fails_to_say_its_scopes_costs_the_others_nothing(capsys):
    def fail(self):
        raise RuntimeError("no")

    failing = scoped(HasScope, required_scopes=property(fail))
    document = fixed_schema(route(failing), route(scoped(HasScope("b:w")), "other/"))
    assert operation(document, "/other/")["x-required-scopes"] == ["b:w"]
    assert "named no scopes for GET /thing/" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("authenticator", "definition"),
    [
        (APIKeyAuthentication, {"type": "apiKey", "in": "header", "name": "X-API-Key"}),
        (
            PlainAPIKeyAuthentication,
            {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": 'Token-based authentication with required prefix "Api-Key"',
            },
        ),
        (
            type("QueryKey", (APIKeyAuthentication,), {"query_parameter": "api_key"}),
            {"type": "apiKey", "in": "query", "name": "api_key"},
        ),
    ],
)
def test_the_scheme_says_where_the_key_goes(authenticator, definition):
    one = view(authentication_classes=[authenticator], permission_classes=[IsAuthenticated])
    schemes = fixed_schema(route(one))["components"]["securitySchemes"]
    assert list(schemes.values()) == [{"description": APIKeyScheme.description} | definition]
