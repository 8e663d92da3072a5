from __future__ import annotations

import pytest
from authkit.schema.rules.weak_scheme import RULE
from rest_framework.authentication import TokenAuthentication

from tests.schema.documents import OpenView, ProtectedView, found, route, subjects, view


def appending(definition):
    return {"APPEND_COMPONENTS": {"securitySchemes": {"one": definition}}}


@pytest.mark.parametrize(
    "definition",
    [
        {"type": "apiKey", "in": "query", "name": "key"},
        {"type": "apiKey", "in": "header", "name": "authorization"},
        {"type": "http", "scheme": "Basic"},
    ],
    ids=["a key in the query", "a key in Authorization", "a password"],
)
def test_a_weak_place_is_found(definition):
    assert subjects(RULE, route(OpenView), **appending(definition)) == ["one"]


def test_the_tokens_of_rest_framework_are_found():
    token = view(ProtectedView, authentication_classes=[TokenAuthentication])
    assert subjects(RULE, route(token)) == ["tokenAuth"]


@pytest.mark.parametrize(
    "definition",
    [
        {"type": "http", "scheme": "bearer"},
        {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        {"type": "apiKey", "in": "cookie", "name": "sessionid"},
        {"type": "oauth2", "flows": {}},
    ],
    ids=str,
)
def test_other_places_are_left_alone(definition):
    assert found(RULE, route(OpenView), **appending(definition)) == []
