from __future__ import annotations

import pytest
from authkit.schema.rules.malformed_requirement import RULE

from tests.schema.documents import OpenView, ProtectedView, audited_schema, found, operation, route


def spoiled(security):
    def change(document):
        operation(document)["security"] = security

    return change


@pytest.mark.parametrize(
    "security",
    [["jwtAuth"], [None], [{"jwtAuth": None}], [{"jwtAuth": "read"}], None, {"jwtAuth": []}],
    ids=str,
)
def test_what_is_no_requirement_is_found(security):
    assert found(RULE, route(ProtectedView), change=spoiled(security)) == ["GET /thing/"]


def test_what_is_no_requirement_at_the_root_is_found():
    def change(document):
        document["security"] = ["jwtAuth"]

    assert found(RULE, route(OpenView), change=change) == ["the document"]


@pytest.mark.parametrize(
    "security",
    [[], [{}], [{"jwtAuth": []}], [{"jwtAuth": ["read"]}, {}], [{"jwtAuth": [], "b": []}]],
    ids=str,
)
def test_what_is_a_requirement_is_left_alone(security):
    assert found(RULE, route(ProtectedView), change=spoiled(security)) == []


def test_a_bare_name_is_suggested_as_a_requirement():
    bare, null = RULE.look(
        audited_schema(route(ProtectedView), change=spoiled(["tokenAuth", None]))
    )
    assert bare.suggestion == 'auth=[{"tokenAuth": []}]  # in @extend_schema'
    assert null.suggestion == ""


def test_nothing_is_suggested_for_the_root():
    def change(document):
        document["security"] = ["tokenAuth"]

    (bare,) = RULE.look(audited_schema(route(OpenView), change=change))
    assert bare.suggestion == ""
