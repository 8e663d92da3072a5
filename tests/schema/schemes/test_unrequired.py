"""An authenticator whose extension returns no requirement reads a credential all the same."""

from __future__ import annotations

import pytest
from authkit.schema.rules.declared_scheme_has_no_authenticator import RULE as AK202
from authkit.schema.rules.unresolved_authenticator import RULE as AK201
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication, BasicAuthentication
from rest_framework.permissions import AllowAny
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import (
    HOOK,
    OAS_VERSIONS,
    ProtectedView,
    audited_schema,
    fixed_schema,
    found,
    operation,
    plain_schema,
    report_on,
    route,
    view,
)

OAUTH = {"oauth2": []}
FLOWS = {"clientCredentials": {"tokenUrl": "https://example.com/token/", "scopes": {"read": ""}}}
BASIC = route(view(ProtectedView, authentication_classes=[BasicAuthentication]), "basic/")


class OAuth2Authentication(BaseAuthentication):
    def authenticate(self, request): ...

    def authenticate_header(self, request):
        return "Bearer"


@pytest.fixture(params=[None, [], {}, [{}]], ids=str)
def required(request):
    return request.param


@pytest.fixture
def described(registry, required):
    """As drf-spectacular's own for OAuth 2: it returns nothing where no permission asks scopes."""

    class OAuth2Scheme(OpenApiAuthenticationExtension):
        target_class = OAuth2Authentication
        name = "oauth2"

        def get_security_requirement(self, auto_schema):
            scopes = getattr(auto_schema.view, "required_scopes", None)
            return {"oauth2": scopes} if scopes else required

        def get_security_definition(self, auto_schema):
            return {"type": "oauth2", "flows": FLOWS}

    return OAuth2Scheme


def protected_by(*authenticators, at="thing/", base=ProtectedView, **attributes):
    classes = list(authenticators)
    return route(view(base, authentication_classes=classes, **attributes), at)


ALONE = protected_by(OAuth2Authentication)
BESIDE = protected_by(JWTAuthentication, OAuth2Authentication, at="beside/")
OPEN = protected_by(OAuth2Authentication, at="open/", permission_classes=[AllowAny])
WITH_SCOPES = protected_by(OAuth2Authentication, at="scopes/", required_scopes=["read"])


@pytest.mark.usefixtures("described")
class TestTheRequirement:
    @OAS_VERSIONS
    def test_is_written_by_the_hook(self, version):
        routes = ALONE, BESIDE, OPEN, WITH_SCOPES
        assert operation(plain_schema(ALONE, OAS_VERSION=version)).get("security") in (None, [{}])
        document = fixed_schema(*routes, OAS_VERSION=version)
        security = {at: item["get"]["security"] for at, item in document["paths"].items()}
        assert security == {
            "/thing/": [OAUTH],
            "/beside/": [{"jwtAuth": []}, OAUTH],
            "/open/": [{}, OAUTH],  # the {} was there before
            "/scopes/": [{"oauth2": ["read"]}],
        }
        assert document["components"]["securitySchemes"]["oauth2"]["flows"] == FLOWS

    @OAS_VERSIONS
    def test_is_missed_by_the_audit_until_then(self, version):
        report = report_on(ALONE, BESIDE, WITH_SCOPES, OAS_VERSION=version)
        said = {(one.rule.id, one.place.path) for one in report.findings}
        assert ("AK302", "/thing/") in said
        assert ("AK203", "/beside/") in said
        assert ("AK201", "") in said
        (offence,) = AK201.look(audited_schema(ALONE, BESIDE, WITH_SCOPES))
        assert offence.message.endswith("which protects GET /beside/ and 1 more.")
        report = report_on(ALONE, BESIDE, WITH_SCOPES, hooks=[HOOK], OAS_VERSION=version)
        assert {one.rule.id for one in report.findings} <= {"AK109"}

    @OAS_VERSIONS
    def test_is_no_false_ak202_where_it_is_documented(self, version):
        class Documented(ProtectedView):
            @extend_schema(auth=[OAUTH])
            def get(self, request): ...

        documented = protected_by(OAuth2Authentication, base=Documented)
        assert found(AK202, documented, WITH_SCOPES, OAS_VERSION=version) == []
        document = fixed_schema(documented, WITH_SCOPES, OAS_VERSION=version)
        assert operation(document)["security"] == [OAUTH]

    def test_is_not_missed_where_the_whitelist_hides_it(self):
        assert found(AK201, ALONE, AUTHENTICATION_WHITELIST=[]) == []

    def test_is_what_the_suggestion_returns(self, described, registry, required):
        (offence,) = AK201.look(audited_schema(ALONE))
        imported, _, code = offence.suggestion.partition("\n")
        assert imported.endswith("import OAuth2Scheme")
        scope = {"OAuth2Scheme": described}
        exec(code, scope)
        own = scope["OAuth2AuthScheme"]
        own.get_security_requirement.__globals__["__class__"] = own
        if required not in ([{}],):  # what a list holds is the project's own
            assert found(AK201, ALONE) == []
            assert operation(plain_schema(ALONE))["security"] == [OAUTH]


class TestWhatIsNotKnown:
    def declared(self, *authenticators):
        class Declared(ProtectedView):
            @extend_schema(auth=[{"basicAuth": []}, {"jwtAuth": []}])
            def get(self, request): ...

        return protected_by(*authenticators, base=Declared)

    @OAS_VERSIONS
    def test_may_read_what_is_declared_so_the_hook_leaves_it(self, version):
        beside = self.declared(JWTAuthentication, OAuth2Authentication)
        document = fixed_schema(BASIC, beside, OAS_VERSION=version)
        assert operation(document)["security"] == [{"basicAuth": []}, {"jwtAuth": []}]

    def test_is_removed_where_all_that_reads_is_known(self):
        document = fixed_schema(BASIC, self.declared(JWTAuthentication))
        assert operation(document)["security"] == [{"jwtAuth": []}]

    @OAS_VERSIONS
    @pytest.mark.parametrize("hooks", [[], [HOOK]], ids=["plain", "hook"])
    def test_includes_an_extension_that_fails(self, registry, version, hooks):
        class FailingScheme(OpenApiAuthenticationExtension):
            target_class = OAuth2Authentication
            name = "oauth2"

            def get_security_requirement(self, auto_schema):
                if not getattr(auto_schema.view, "swagger_fake_view", False):
                    raise LookupError
                return OAUTH

            def get_security_definition(self, auto_schema):
                return {"type": "oauth2", "flows": FLOWS}

        options = {"hooks": hooks, "OAS_VERSION": version}
        defining = route(ProtectedView, "jwt/")
        report = report_on(BASIC, defining, self.declared(OAuth2Authentication), **options)
        assert {one.rule.id for one in report.findings if one.place.path == "/thing/"} == (
            set() if hooks else {"AK401"}
        )
