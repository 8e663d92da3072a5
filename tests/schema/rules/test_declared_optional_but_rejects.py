from __future__ import annotations

from authkit.schema.model.suggest import WITHOUT_SECURITY
from authkit.schema.rules.declared_optional_but_rejects import RULE
from rest_framework.permissions import AllowAny, IsAuthenticated

from tests.schema.documents import HOOK, ProtectedView, audited_schema, found, route, view

STRICTER = view(permission_classes=[AllowAny, IsAuthenticated])


def test_allow_any_beside_a_stricter_permission_is_found():
    assert found(RULE, route(STRICTER)) == ["GET /thing/"]


def test_an_empty_requirement_of_the_security_setting_is_found():
    assert found(RULE, route(ProtectedView), SECURITY=[{}]) == ["GET /thing/"]


def suggestions(*routes, **options):
    def look(schema):
        return [one.suggestion for one in RULE.look(schema)]

    return audited_schema(*routes, look=look, **options)


def test_the_setting_is_named_where_it_is_the_cause():
    assert suggestions(route(ProtectedView), SECURITY=[{}]) == [WITHOUT_SECURITY]
    by_view = ['auth=[{"jwtAuth": []}]  # in @extend_schema']
    assert suggestions(route(STRICTER), SECURITY=[{}]) == by_view
    assert suggestions(route(STRICTER)) == by_view


def test_a_view_that_admits_anonymous_callers_is_left_alone():
    assert found(RULE, route(view(permission_classes=[AllowAny]))) == []


def test_a_protected_view_that_says_so_is_left_alone():
    assert found(RULE, route(ProtectedView)) == []


def test_a_mended_document_is_left_alone():
    assert found(RULE, route(STRICTER), hooks=[HOOK]) == []
