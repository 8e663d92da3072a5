from __future__ import annotations

from authkit.schema.rules.root_inheritance_trap import RULE
from rest_framework.permissions import AllowAny

from tests.schema.documents import HOOK, OpenView, ProtectedView, found, operation, route, view


def root(*security):
    def change(document):
        document["security"] = list(security)

    return change


def test_an_open_operation_under_a_secured_root_is_found():
    silent = view(OpenView, permission_classes=[])
    assert found(RULE, route(silent), change=root({"jwtAuth": []})) == ["GET /thing/"]


def test_an_optional_operation_that_lost_its_own_security_is_found():
    def change(document):
        document["security"] = [{"jwtAuth": []}]
        del operation(document)["security"]

    optional = view(permission_classes=[AllowAny])
    assert found(RULE, route(optional), change=change) == ["GET /thing/"]


def test_a_root_that_allows_anonymous_callers_is_left_alone():
    silent = view(OpenView, permission_classes=[])
    assert found(RULE, route(silent), change=root({"jwtAuth": []}, {})) == []


def test_a_protected_operation_is_left_alone():
    assert found(RULE, route(ProtectedView), change=root({"jwtAuth": []})) == []


def test_an_operation_that_says_that_it_is_public_is_left_alone():
    def change(document):
        document["security"] = [{"jwtAuth": []}]

    assert found(RULE, route(OpenView), hooks=[HOOK], change=change) == []
