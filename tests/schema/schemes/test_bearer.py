"""One header with a token or a key: two schemes, of which a caller presents one."""

from __future__ import annotations

import pytest
from authkit.authentication import APIKeyAuthentication, BearerAuthentication, JWTAuthentication
from authkit.permissions import HasScope
from authkit.schema.probe.decision import State
from authkit.schema.schemes.extensions import APIKeyScheme, JWTScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.validation import validate_schema
from rest_framework.permissions import AllowAny, IsAuthenticated

from tests.schema.documents import (
    audited_schema,
    fixed_schema,
    operation,
    plain_schema,
    report_on,
    route,
    view,
)

TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": JWTScheme.description,
}
KEY = TOKEN | {"bearerFormat": "API key", "description": APIKeyScheme.description}


def taking(*authenticators, permissions=(IsAuthenticated,)):
    return view(authentication_classes=list(authenticators), permission_classes=list(permissions))


def schemes(document):
    return document["components"]["securitySchemes"]


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    registered = list(OpenApiAuthenticationExtension._registry)
    monkeypatch.setattr(OpenApiAuthenticationExtension, "_registry", registered)


@pytest.mark.parametrize("make", [plain_schema, fixed_schema], ids=["plain", "hook"])
def test_the_document_offers_both(make, capsys):
    document = make(route(taking(BearerAuthentication)))
    validate_schema(document)
    assert operation(document)["security"] == [{"jwtAuth": []}, {"bearerKeyAuth": []}]
    assert schemes(document) == {"bearerKeyAuth": KEY, "jwtAuth": TOKEN}
    assert capsys.readouterr().err == ""


def test_the_token_is_the_scheme_of_views_that_take_tokens_alone():
    document = fixed_schema(
        route(taking(BearerAuthentication, APIKeyAuthentication), "a/"),
        route(taking(JWTAuthentication), "b/"),
        route(taking(BearerAuthentication, permissions=[AllowAny]), "c/"),
    )
    assert operation(document, "/a/")["security"] == [
        {"jwtAuth": []},
        {"bearerKeyAuth": []},
        {"apiKeyAuth": []},
    ]
    assert operation(document, "/b/")["security"] == [{"jwtAuth": []}]
    assert operation(document, "/c/")["security"] == [{"jwtAuth": []}, {"bearerKeyAuth": []}, {}]
    assert operation(document, "/c/")["responses"].keys() >= {"401"}
    assert set(schemes(document)) == {"apiKeyAuth", "bearerKeyAuth", "jwtAuth"}


def test_only_the_key_needs_scopes():
    scoped = taking(BearerAuthentication, APIKeyAuthentication, permissions=[HasScope("b:r")])
    document = fixed_schema(route(scoped), OAS_VERSION="3.1.0")
    validate_schema(document)
    assert operation(document)["x-required-scopes"] == ["b:r"]
    assert operation(document)["security"] == [
        {"jwtAuth": []},
        {"bearerKeyAuth": ["b:r"]},
        {"apiKeyAuth": ["b:r"]},
    ]


def test_the_audit_decides_it_and_finds_nothing():
    secured = taking(BearerAuthentication)
    (audited,) = audited_schema(route(secured)).operations
    assert audited.decision.state is State.SECURED
    assert audited.decision.refusal == 401
    (opened,) = audited_schema(
        route(taking(BearerAuthentication, permissions=[AllowAny]))
    ).operations
    assert opened.decision.state is State.OPTIONAL
    assert opened.decision.bad_credential == (401,)
    hook = "authkit.schema.hooks.postprocess_schema_security"
    assert report_on(route(secured), hooks=[hook]).findings == ()


def test_one_of_the_two_alone_is_reported_as_incomplete():
    def forget_the_key(document):
        operation(document)["security"] = [{"jwtAuth": []}]

    report = report_on(route(taking(BearerAuthentication)), change=forget_the_key)
    assert "AK203" in {finding.rule.id for finding in report.findings}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"realm": "books"}, ["jwtAuth", "bearerKeyAuth"]),
        ({"keyword": "Token"}, ["shopAuth", "shopAuthKey"]),
    ],
    ids=["same header", "another word"],
)
def test_a_subclass_is_described_as_it_is_presented(attributes, expected):
    shop = type("ShopAuthentication", (BearerAuthentication,), attributes)
    document = fixed_schema(route(taking(shop)), OAS_VERSION="3.1.0")
    validate_schema(document)
    assert operation(document)["security"] == [{name: []} for name in expected]
    token, key = (schemes(document)[name] for name in expected)
    assert token != key
