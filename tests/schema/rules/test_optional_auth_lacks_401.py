from __future__ import annotations

import pytest
from authkit.schema.rules.optional_auth_lacks_401 import RULE
from rest_framework.permissions import AllowAny

from tests.schema.documents import OpenView, ProtectedView, found, operation, route, view

OPTIONAL = view(permission_classes=[AllowAny])


def test_a_bad_credential_whose_answer_is_not_documented_is_found():
    assert found(RULE, route(OPTIONAL)) == ["GET /thing/"]


@pytest.mark.parametrize("status", ["401", "403", "4XX", "default"])
def test_a_documented_refusal_is_left_alone(status):
    def change(document):
        operation(document)["responses"][status] = {"description": "No."}

    assert found(RULE, route(OPTIONAL), change=change) == []


def test_a_view_that_reads_no_credential_is_left_alone():
    assert found(RULE, route(OpenView)) == []


def test_a_protected_view_is_left_to_another_rule():
    assert found(RULE, route(ProtectedView)) == []
