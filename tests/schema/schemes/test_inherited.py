"""A subclass of a described authenticator is described as its nearest described ancestor."""

from __future__ import annotations

import pytest
from authkit.schema.schemes.extensions import UnregisteredExtension
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import (
    HOOK,
    OAS_VERSIONS,
    ProtectedView,
    fixed_schema,
    operation,
    report_on,
    route,
    view,
)


class Stored(BaseAuthentication):
    """As in knox: its extension asks an instance for the word before the credential."""

    prefix = "Token"

    def authenticate(self, request): ...

    def authenticate_header(self, request):
        return self.prefix


class Signed(TokenAuthentication):
    """REST framework's own described otherwise by the project."""


class Paired(BaseAuthentication):
    def authenticate(self, request): ...


class Scoped(BaseAuthentication):
    def authenticate(self, request): ...


def child(parent, **attributes):
    """Return a grandchild, with a class between the two."""
    return type(f"Own{parent.__name__}", (type("Between", (parent,), {}),), attributes)


#: By subclass, what is required of callers who present its credential.
DESCRIBED = {
    child(SessionAuthentication): [{"cookieAuth": []}],
    child(BasicAuthentication): [{"basicAuth": []}],
    child(JWTAuthentication): [{"jwtAuth": []}],
    child(TokenAuthentication): [{"tokenAuth": []}],
    child(Stored): [{"storedToken": []}],
    child(Signed): [{"signature": []}],
    child(Paired): [{"clientId": [], "clientSecret": []}],
    child(Scoped): [{"oauth": ["read"]}, {"oauth": ["write"]}],
}
SUBCLASSES = pytest.mark.parametrize(
    ("subclass", "required"), DESCRIBED.items(), ids=[one.__name__ for one in DESCRIBED]
)


@pytest.fixture(autouse=True)
def described(registry):
    """The extensions of a project, each for one class."""

    class StoredScheme(OpenApiAuthenticationExtension):
        target_class = Stored
        name = "storedToken"

        def get_security_definition(self, auto_schema):
            word = self.target.authenticate_header("")
            return build_bearer_security_scheme_object("Authorization", word)

    class SignedScheme(OpenApiAuthenticationExtension):
        target_class = Signed
        name = "signature"

        def get_security_definition(self, auto_schema):
            return {"type": "apiKey", "in": "header", "name": "X-Signature"}

    class PairedScheme(OpenApiAuthenticationExtension):
        target_class = Paired
        name = ["clientId", "clientSecret"]

        def get_security_definition(self, auto_schema):
            return [{"type": "apiKey", "in": "header", "name": f"X-{one}"} for one in self.name]

    class ScopedScheme(OpenApiAuthenticationExtension):
        target_class = Scoped
        name = "oauth"

        def get_security_requirement(self, auto_schema):
            return [{"oauth": [scope]} for scope in auto_schema.view.scopes]

        def get_security_definition(self, auto_schema):
            return {"type": "openIdConnect", "openIdConnectUrl": "https://example.com/"}


@pytest.fixture(params=["installed", "audit alone"])
def ours(request, registry):
    """Whether drf-spectacular knows our descriptions, as where authkit is installed."""
    if request.param == "audit alone":
        registry[:] = [one for one in registry if one not in UnregisteredExtension._registry]
    return request.param


def protected_by(authenticator, at="thing/"):
    attributes = {"authentication_classes": [authenticator], "scopes": ["read", "write"]}
    return route(view(ProtectedView, **attributes), at)


@SUBCLASSES
@OAS_VERSIONS
def test_the_hook_writes_the_requirement_of_the_ancestor(subclass, required, version, ours):
    document = fixed_schema(protected_by(subclass), OAS_VERSION=version)
    assert operation(document)["security"] == required
    defined = document["components"]["securitySchemes"]
    assert {*defined} == {name for one in required for name in one}


@SUBCLASSES
@OAS_VERSIONS
def test_the_audit_has_nothing_to_say_about_that(subclass, required, version, ours):
    report = report_on(protected_by(subclass), hooks=[HOOK], OAS_VERSION=version)
    assert {one.rule.id for one in report.findings} <= {"AK109"}
    assert report.operations[0].accepted


@SUBCLASSES
def test_where_authkit_is_installed_the_inspector_writes_it_without_a_warning(subclass, required):
    parent = subclass.__mro__[2]
    GENERATOR_STATS.reset()
    report = report_on(protected_by(subclass), protected_by(parent, "parent/"))
    assert not GENERATOR_STATS
    assert {one.rule.id for one in report.findings} <= {"AK109", "AK401"}


@SUBCLASSES
def test_without_it_the_audit_says_what_is_lacking(subclass, required, registry):
    registry[:] = [one for one in registry if one not in UnregisteredExtension._registry]
    report = report_on(protected_by(subclass))
    errors = {one.rule.id for one in report.findings if one.rule.id[:3] in ("AK2", "AK3")}
    # drf-spectacular knows the subclasses of TokenAuthentication, and takes both for the same.
    taken_for_tokens = {"OwnTokenAuthentication": set(), "OwnSigned": {"AK201", "AK202", "AK203"}}
    assert errors == taken_for_tokens.get(subclass.__name__, {"AK201", "AK302"})


def test_the_definition_is_that_of_the_subclass():
    other_word = child(Stored, prefix="Bearer")
    document = fixed_schema(protected_by(other_word), protected_by(Stored, "parent/"))
    schemes = document["components"]["securitySchemes"]
    assert {one["type"] for one in schemes.values()} == {"http", "apiKey"}
    at = [operation(document, at)["security"] for at in ("/parent/", "/thing/")]
    assert at[0] != at[1]


def test_an_extension_for_the_subclass_comes_first(registry):
    own = child(Signed)

    class OwnScheme(OpenApiAuthenticationExtension):
        target_class = own
        name = "ownSignature"

        def get_security_definition(self, auto_schema):
            return {"type": "apiKey", "in": "header", "name": "X-Own-Signature"}

    assert operation(fixed_schema(protected_by(own)))["security"] == [{"ownSignature": []}]


def test_a_class_without_a_described_ancestor_stays_undescribed(ours):
    report = report_on(protected_by(type("Unknown", (BaseAuthentication,), {})))
    assert "AK201" in {one.rule.id for one in report.findings}
