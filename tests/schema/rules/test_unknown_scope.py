from __future__ import annotations

import pytest
from authkit.schema.rules.unknown_scope import RULE

from tests.schema.documents import OpenView, found, route, subjects

FLOW = {"tokenUrl": "/token/", "scopes": {"orders:read": "Read orders"}}
OAUTH = {"type": "oauth2", "flows": {"clientCredentials": FLOW}}


def document_with(definition, *scopes, version="3.0.3"):
    """Return what finds of a document that requires *scopes* of a scheme."""

    def change(document):
        document["openapi"] = version
        document["components"] = {"securitySchemes": {"oauth": definition}}
        document["paths"]["/thing/"]["get"]["security"] = [{"oauth": list(scopes)}]

    return {"change": change}


def test_a_scope_that_no_flow_has_is_found():
    wrong = document_with(OAUTH, "orders:read", "order:read")
    assert found(RULE, route(OpenView), **wrong) == ["GET /thing/"]
    assert subjects(RULE, route(OpenView), **wrong) == ["oauth: order:read"]


def test_a_scope_of_a_scheme_without_flows_is_found():
    assert found(RULE, route(OpenView), **document_with({"type": "oauth2"}, "any"))


def test_a_scope_of_a_scheme_that_has_none_is_found():
    basic = {"type": "http", "scheme": "basic"}
    assert found(RULE, route(OpenView), **document_with(basic, "admin")) == ["GET /thing/"]


def test_a_scope_of_the_root_is_found():
    def change(document):
        document["components"] = {"securitySchemes": {"oauth": OAUTH}}
        document["security"] = [{"oauth": ["order:read"]}]

    assert found(RULE, route(OpenView), change=change) == ["the document"]


@pytest.mark.parametrize("scopes", [[], ["orders:read"]], ids=str)
def test_scopes_that_a_flow_has_are_left_alone(scopes):
    assert found(RULE, route(OpenView), **document_with(OAUTH, *scopes)) == []


def test_roles_are_left_alone_where_openapi_has_them():
    basic = document_with({"type": "http", "scheme": "basic"}, "admin", version="3.1.0")
    assert found(RULE, route(OpenView), **basic) == []


def test_scopes_that_only_the_issuer_knows_are_left_alone():
    issuer = {"type": "openIdConnect", "openIdConnectUrl": "/.well-known/openid-configuration"}
    assert found(RULE, route(OpenView), **document_with(issuer, "email")) == []


def test_a_scheme_that_is_not_defined_is_left_to_another_rule():
    def change(document):
        document["security"] = [{"nowhere": ["any"]}]

    assert found(RULE, route(OpenView), change=change) == []
