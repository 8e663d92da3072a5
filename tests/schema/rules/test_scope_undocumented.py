from __future__ import annotations

from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from authkit.permissions import HasScope
from authkit.schema.rules.scope_undocumented import RULE
from rest_framework.permissions import BasePermission, IsAuthenticated

from tests.schema.documents import HOOK, ProtectedView, audited_schema, found, route, view

BOTH = [JWTAuthentication, APIKeyAuthentication]
Scoped = view(authentication_classes=BOTH, permission_classes=[HasScope("books:read")])


def test_an_operation_whose_scopes_are_not_named_is_found():
    assert found(RULE, route(Scoped)) == ["GET /thing/"]


def test_an_operation_that_names_other_scopes_is_found():
    def change(document):
        document["paths"]["/thing/"]["get"]["x-required-scopes"] = ["books:write"]

    schema = audited_schema(route(Scoped), change=change)
    assert [offence.message for offence in RULE.look(schema)] == [
        "It requires of a key: books:read; the document says: books:write."
    ]


def test_scopes_that_no_permission_requires_are_found():
    def change(document):
        document["paths"]["/thing/"]["get"]["x-required-scopes"] = ["books:write"]

    assert found(RULE, route(ProtectedView), change=change) == ["GET /thing/"]


def test_an_operation_without_scopes_is_left_alone():
    assert found(RULE, route(ProtectedView)) == []


def test_scopes_in_an_alternative_are_left_alone():
    either = view(Scoped, permission_classes=[HasScope("books:read") | IsAuthenticated])
    assert found(RULE, route(either)) == []


def test_a_view_that_fails_to_say_its_scopes_is_left_alone():
    class Failing(Scoped):
        permission_classes = [HasScope]

        @property
        def required_scopes(self):
            raise RuntimeError

    assert found(RULE, route(Failing)) == []


def test_a_mended_document_is_left_alone():
    assert found(RULE, route(Scoped), hooks=[HOOK]) == []


class Raises(BasePermission):
    def has_permission(self, request, view):
        raise LookupError


def test_an_undecided_operation_is_left_alone():
    raising = view(Scoped, permission_classes=[Raises, HasScope("books:read")])
    assert found(RULE, route(raising)) == []
