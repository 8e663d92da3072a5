"""Schemes that are equal in every byte need not be one credential: each is refused by the other."""

from __future__ import annotations

import pytest
from authkit.schema.hooks import postprocess_schema_security
from authkit.schema.schemes.catalogue import Catalogue
from authkit.schema.schemes.describer import Description
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from rest_framework.authentication import BaseAuthentication, TokenAuthentication

from tests.schema.documents import (
    HOOK,
    OAS_VERSIONS,
    ProtectedView,
    as_bytes,
    fixed_schema,
    make_schema,
    operation,
    plain_schema,
    report_on,
    route,
    view,
)


class StoredTokenAuthentication(BaseAuthentication):
    """Of another package than REST framework's, with the same word in the same header."""

    def authenticate(self, request): ...

    def authenticate_header(self, request):
        return "Token"


@pytest.fixture(autouse=True)
def described(registry):
    class StoredTokenScheme(OpenApiAuthenticationExtension):
        target_class = StoredTokenAuthentication
        name = "storedToken"

        def get_security_definition(self, auto_schema):
            return build_bearer_security_scheme_object("Authorization", "Token")


def protected_by(*authenticators, at="thing/"):
    return route(view(ProtectedView, authentication_classes=list(authenticators)), at)


ROUTES = (
    protected_by(TokenAuthentication, at="own/"),
    protected_by(StoredTokenAuthentication, at="stored/"),
    protected_by(TokenAuthentication, StoredTokenAuthentication, at="both/"),
)
TRUE = {
    "/own/": [{"tokenAuth": []}],
    "/stored/": [{"storedToken": []}],
    "/both/": [{"tokenAuth": []}, {"storedToken": []}],
}


@OAS_VERSIONS
def test_the_hook_leaves_the_right_document_as_it_is(version):
    plain = plain_schema(*ROUTES, OAS_VERSION=version)
    schemes = plain["components"]["securitySchemes"]
    assert schemes["tokenAuth"] == schemes["storedToken"]
    document = fixed_schema(*ROUTES, OAS_VERSION=version)
    assert {at: operation(document, at)["security"] for at in TRUE} == TRUE
    assert document["components"]["securitySchemes"] == schemes


@OAS_VERSIONS
@pytest.mark.parametrize("hooks", [[], [HOOK]], ids=["plain", "hook"])
def test_the_audit_says_of_it_no_more_than_that_they_are_equal(version, hooks):
    report = report_on(*ROUTES, hooks=hooks, OAS_VERSION=version)
    ids = {one.rule.id for one in report.findings}
    assert ids - {"AK401"} == {"AK104", "AK109"}


def test_an_alias_makes_them_one(settings):
    settings.AUTHKIT = {"SCHEMA_SCHEME_ALIASES": {"storedToken": "tokenAuth"}}
    document = fixed_schema(*ROUTES)
    for at in TRUE:
        assert operation(document, at)["security"] == [{"tokenAuth": []}]
    assert list(document["components"]["securitySchemes"]) == ["tokenAuth"]


def test_one_authenticator_under_two_names_is_one_scheme(registry):
    class NamedByView(BaseAuthentication):
        def authenticate(self, request): ...

    class NamedByViewScheme(OpenApiAuthenticationExtension):
        target_class = NamedByView

        def __init__(self, target):
            super().__init__(target)
            self.name = ""

        def get_security_requirement(self, auto_schema):
            self.name = "zebra" if auto_schema.path == "/a/" else "antelope"
            return super().get_security_requirement(auto_schema)

        def get_security_definition(self, auto_schema):
            return {"type": "apiKey", "in": "header", "name": "X-Signature"}

    routes = [protected_by(NamedByView, at=at) for at in ("a/", "b/")]
    document, generator = make_schema(*routes, hooks=[HOOK])
    before = as_bytes(document)
    postprocess_schema_security(document, generator, request=None, public=True)
    assert as_bytes(document) == before
    assert list(document["components"]["securitySchemes"]) == ["antelope"]
    for at in ("/a/", "/b/"):
        assert operation(document, at)["security"] == [{"antelope": []}]


def test_two_that_lose_their_names_get_one_each_though_they_are_equal():
    definition = {"type": "apiKey", "in": "header", "name": "X-Signature"}
    same_name = [type("Same", (), {"__module__": module}) for module in ("a", "b")]
    others = {"t": {"n": 1}, "u": {"n": 2}}
    keepers = [
        Description(type("First", (), {"__module__": "0"}), ({name: []},), {name: kept})
        for name, kept in others.items()
    ]
    losers = [
        Description(source, ({name: []},), {name: definition})
        for source, name in zip(same_name, others, strict=True)
    ]
    catalogue = Catalogue.of([*keepers, *losers], {}, {})
    assert [catalogue.requirements(one) for one in losers] == [
        [{"sameAuth": []}],
        [{"sameAuth2": []}],
    ]
    again = Catalogue.of([*keepers, *losers], catalogue.definitions, {})
    assert again == catalogue
