from __future__ import annotations

from authkit.schema.rules.security_for_every_operation import RULE

from tests.schema.documents import HOOK, OpenView, ProtectedView, found, route, subjects


def test_a_requirement_for_every_operation_is_found():
    assert found(RULE, route(OpenView), SECURITY=[{"jwtAuth": []}]) == ["the document"]


def test_an_empty_requirement_for_every_operation_is_found():
    assert subjects(RULE, route(ProtectedView), SECURITY=[{}]) == ["SECURITY"]


def test_it_is_found_with_the_hook_as_well():
    settings = {"SECURITY": [{"jwtAuth": []}]}
    assert found(RULE, route(ProtectedView), hooks=[HOOK], **settings) == ["the document"]


def test_an_empty_list_is_left_alone():
    assert found(RULE, route(ProtectedView), SECURITY=[]) == []


def test_the_default_is_left_alone():
    assert found(RULE, route(ProtectedView)) == []
