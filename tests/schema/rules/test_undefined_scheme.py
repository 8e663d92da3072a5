from __future__ import annotations

from authkit.schema.rules.undefined_scheme import RULE

from tests.schema.documents import OpenView, ProtectedView, found, operation, route

GATEWAY = {"type": "apiKey", "in": "header", "name": "X-Gateway-Key"}


def test_a_scheme_of_the_security_setting_that_is_defined_nowhere_is_found_once():
    settings = {"SECURITY": [{"gateway": []}]}
    routes = (route(ProtectedView), route(OpenView, "open/"))
    assert found(RULE, *routes, **settings) == ["the document"]


def test_a_scheme_of_an_operation_that_is_defined_nowhere_is_found():
    def change(document):
        operation(document)["security"] = [{"gateway": []}]

    assert found(RULE, route(ProtectedView), change=change) == ["GET /thing/"]


def test_a_scheme_of_the_root_that_is_defined_nowhere_is_found():
    def change(document):
        document["security"] = ["gateway"]

    assert found(RULE, route(OpenView), change=change) == ["the document"]


def test_a_joined_scheme_that_is_defined_nowhere_is_found():
    settings = {"SECURITY": [{"jwtAuth": [], "gateway": []}]}
    assert found(RULE, route(ProtectedView), **settings) == ["the document"]


def test_a_scheme_that_the_settings_append_is_left_alone():
    settings = {
        "SECURITY": [{"gateway": []}],
        "APPEND_COMPONENTS": {"securitySchemes": {"gateway": GATEWAY}},
    }
    assert found(RULE, route(ProtectedView), **settings) == []


def test_a_document_without_schemes_and_requirements_is_left_alone():
    assert found(RULE, route(OpenView)) == []
