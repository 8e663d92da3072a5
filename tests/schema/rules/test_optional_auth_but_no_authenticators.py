from __future__ import annotations

import pytest
from authkit.schema.model.suggest import WITHOUT_SECURITY
from authkit.schema.rules.optional_auth_but_no_authenticators import RULE
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny

from tests.schema.documents import (
    HOOK,
    OpenView,
    ProtectedView,
    audited_schema,
    found,
    route,
    view,
)

OFFERED = {"SECURITY": [{"jwtAuth": []}, {}]}


def test_a_credential_that_the_view_does_not_read_is_found():
    assert found(RULE, route(OpenView), **OFFERED) == ["GET /thing/"]


class Offering(OpenView):
    @extend_schema(auth=[{"jwtAuth": []}, {}])
    def get(self, request): ...


@pytest.mark.parametrize(
    ("offering", "suggestion"),
    [(OpenView, WITHOUT_SECURITY), (Offering, "auth=[]  # in @extend_schema")],
)
def test_the_setting_is_named_where_it_is_the_cause(offering, suggestion):
    options = OFFERED if offering is OpenView else {}
    found_suggestions = audited_schema(
        route(offering),
        look=lambda schema: [one.suggestion for one in RULE.look(schema)],
        **options,
    )
    assert found_suggestions == [suggestion]


def test_what_the_hook_removes_is_found_no_more():
    assert found(RULE, route(OpenView), hooks=[HOOK], **OFFERED) == []


def test_a_view_that_reads_credentials_is_left_alone():
    assert found(RULE, route(view(permission_classes=[AllowAny])), **OFFERED) == []


def test_a_protected_view_is_left_alone():
    assert found(RULE, route(ProtectedView), **OFFERED) == []


def test_a_view_that_is_declared_public_is_left_alone():
    assert found(RULE, route(OpenView)) == []
