from __future__ import annotations

from authkit.schema.model.suggest import WITHOUT_SECURITY
from authkit.schema.rules.duplicate_requirement import RULE
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import HOOK, ProtectedView, audited_schema, found, route, view


def test_a_requirement_that_the_settings_repeat_is_found():
    assert found(RULE, route(ProtectedView), SECURITY=[{"jwtAuth": []}]) == ["GET /thing/"]


def test_the_setting_is_named_where_it_is_the_cause():
    settings = {"SECURITY": [{"jwtAuth": []}]}
    assert suggestions(route(ProtectedView), **settings) == [WITHOUT_SECURITY]
    (by_hand,) = suggestions(route(Repeating), **settings)
    assert by_hand.startswith('auth=[{"basicAuth": []}]')


class Repeating(ProtectedView):
    @extend_schema(auth=[{"basicAuth": []}, {"basicAuth": []}])
    def get(self, request): ...


def suggestions(*routes, **settings):
    def look(schema):
        return [one.suggestion for one in RULE.look(schema)]

    return audited_schema(*routes, look=look, **settings)


def test_a_repeated_empty_requirement_is_found():
    optional = view(permission_classes=[AllowAny])
    assert found(RULE, route(optional), SECURITY=[{}]) == ["GET /thing/"]


def test_a_repetition_at_the_root_is_found():
    def change(document):
        document["security"] = [{"jwtAuth": []}, {"jwtAuth": []}]

    assert found(RULE, route(ProtectedView), change=change) == ["the document"]


def test_two_different_requirements_are_left_alone():
    both = view(ProtectedView, authentication_classes=[JWTAuthentication, SessionAuthentication])
    assert found(RULE, route(both)) == []


def test_requirements_with_different_scopes_are_left_alone():
    def change(document):
        document["security"] = [{"jwtAuth": ["read"]}, {"jwtAuth": ["write"]}]

    assert found(RULE, route(ProtectedView), change=change) == []


def test_a_mended_document_is_left_alone():
    settings = {"SECURITY": [{"jwtAuth": []}]}
    assert found(RULE, route(ProtectedView), hooks=[HOOK], **settings) == []
