from __future__ import annotations

from authkit.schema.rules.optional_auth_but_no_authenticators import RULE
from rest_framework.permissions import AllowAny

from tests.schema.documents import HOOK, OpenView, ProtectedView, found, route, view

OFFERED = {"SECURITY": [{"jwtAuth": []}, {}]}


def test_a_credential_that_the_view_does_not_read_is_found():
    assert found(RULE, route(OpenView), **OFFERED) == ["GET /thing/"]


def test_what_the_hook_removes_is_found_no_more():
    assert found(RULE, route(OpenView), hooks=[HOOK], **OFFERED) == []


def test_a_view_that_reads_credentials_is_left_alone():
    assert found(RULE, route(view(permission_classes=[AllowAny])), **OFFERED) == []


def test_a_protected_view_is_left_alone():
    assert found(RULE, route(ProtectedView), **OFFERED) == []


def test_a_view_that_is_declared_public_is_left_alone():
    assert found(RULE, route(OpenView)) == []
