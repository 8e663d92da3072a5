from __future__ import annotations

from authkit.schema.rules.unused_scheme import RULE

from tests.schema.documents import HOOK, OpenView, ProtectedView, found, route, subjects

BASIC = {"securitySchemes": {"basicAuth": {"type": "http", "scheme": "basic"}}}


def test_a_scheme_that_is_appended_and_never_required_is_found():
    assert subjects(RULE, route(ProtectedView), APPEND_COMPONENTS=BASIC) == ["basicAuth"]


def test_a_scheme_whose_requirements_were_stripped_is_found():
    def change(document):
        document["paths"]["/thing/"]["get"]["security"] = []

    assert subjects(RULE, route(ProtectedView), change=change) == ["jwtAuth"]


def test_every_unused_scheme_is_found():
    two = {"securitySchemes": {name: {"type": "http", "scheme": "basic"} for name in "ba"}}
    assert subjects(RULE, route(OpenView), APPEND_COMPONENTS=two) == ["a", "b"]


def test_a_scheme_that_the_root_requires_is_left_alone():
    def change(document):
        document["security"] = [{"basicAuth": []}]

    assert found(RULE, route(ProtectedView), APPEND_COMPONENTS=BASIC, change=change) == []


def test_a_scheme_that_is_required_together_with_another_is_left_alone():
    settings = {"APPEND_COMPONENTS": BASIC, "SECURITY": [{"basicAuth": [], "jwtAuth": []}]}
    assert found(RULE, route(ProtectedView), **settings) == []


def test_a_mended_document_is_left_alone():
    assert found(RULE, route(ProtectedView), hooks=[HOOK]) == []
