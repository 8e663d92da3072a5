from __future__ import annotations

import pytest
from authkit.schema.rules.reject_status_undocumented import RULE
from rest_framework.authentication import SessionAuthentication

from tests.schema.documents import (
    HOOK,
    OpenView,
    ProtectedView,
    audited_schema,
    found,
    operation,
    route,
    view,
)


def test_a_protected_view_without_the_refusal_is_found():
    assert found(RULE, route(ProtectedView)) == ["GET /thing/"]


def test_the_message_names_the_status_that_is_answered():
    session = view(ProtectedView, authentication_classes=[SessionAuthentication])
    messages = [offence.message for offence in RULE.look(audited_schema(route(session)))]
    assert messages == ["Anonymous callers are answered 403, which is not documented."]


@pytest.mark.parametrize("status", ["401", "403", "4XX", "default"])
def test_a_documented_refusal_is_left_alone(status):
    def change(document):
        operation(document)["responses"][status] = {"description": "No."}

    assert found(RULE, route(ProtectedView), change=change) == []


def test_an_open_view_is_left_alone():
    assert found(RULE, route(OpenView)) == []


def test_a_mended_document_is_left_alone():
    assert found(RULE, route(ProtectedView), hooks=[HOOK]) == []
