"""Code that is suggested is code."""

from __future__ import annotations

import json

import pytest
import yaml
from authkit.schema.model.suggest import (
    NO_REFUSAL,
    REGENERATE,
    appended_scheme,
    extension,
    refusal,
)
from authkit.schema.rules.authenticator_not_declared import RULE as AK203
from authkit.schema.rules.declared_optional_but_rejects import RULE as AK303
from authkit.schema.rules.declared_public_but_rejects import RULE as AK302
from authkit.schema.rules.duplicate_requirement import RULE as AK103
from authkit.schema.rules.equivalent_schemes import RULE as AK104
from authkit.schema.rules.optional_auth_but_no_authenticators import RULE as AK205
from authkit.schema.rules.optional_auth_lacks_401 import RULE as AK404
from authkit.schema.rules.permission_credential_undocumented import RULE as AK204
from authkit.schema.rules.public_documents_401 import RULE as AK403
from authkit.schema.rules.reject_status_undocumented import RULE as AK401
from authkit.schema.rules.root_inheritance_trap import RULE as AK106
from authkit.schema.rules.wrong_refusal_documented import RULE as AK402
from django.core.management import call_command
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import (
    JWTView,
    OpenView,
    audited_schema,
    found,
    operation,
    plain_schema,
    route,
    view,
)


class TenantKeyAuthentication(BaseAuthentication):
    def authenticate(self, request):
        return None


def test_an_extension_describes_the_authenticator():
    registered = list(OpenApiAuthenticationExtension._registry)
    scope = {"OpenApiAuthenticationExtension": OpenApiAuthenticationExtension}
    try:
        exec(extension(TenantKeyAuthentication), scope)
        match = OpenApiAuthenticationExtension.get_match(TenantKeyAuthentication())
    finally:
        OpenApiAuthenticationExtension._registry[:] = registered
    assert match.name == "tenantKeyAuth"
    assert match.get_security_definition(None) == {"type": "http", "scheme": "bearer"}


def test_a_setting_defines_the_scheme():
    scope = {"SPECTACULAR_SETTINGS": {}}
    exec(appended_scheme("gateway"), scope)
    appended = scope["SPECTACULAR_SETTINGS"]["APPEND_COMPONENTS"]
    assert appended == {"securitySchemes": {"gateway": {"type": "http", "scheme": "bearer"}}}


@pytest.mark.parametrize(
    ("suggestion", "rule"),
    [
        (f"responses={{200: None, {refusal(401)}}}", AK404),
        (NO_REFUSAL.replace("...", "None"), AK403),
    ],
    ids=["AK404", "AK403"],
)
def test_responses_that_are_suggested_mend_the_finding(suggestion, rule):
    scope = {"OpenApiResponse": OpenApiResponse}
    exec(f"written = dict({suggestion}\n)", scope)
    before = {200: None} if rule is AK404 else {200: None, 401: None}

    def documenting(responses):
        class Documented(OpenView if rule is AK403 else JWTView):
            permission_classes = [AllowAny]

            @extend_schema(responses=responses)
            def get(self, request): ...

        return route(Documented)

    assert found(rule, documenting(before)) == ["GET /thing/"]
    assert found(rule, documenting(scope["written"]["responses"])) == []


def forgotten(auth, base=JWTView):
    """Return a route whose operation is described by hand."""

    class Described(base):
        @extend_schema(auth=auth)
        def get(self, request): ...

    return route(Described)


class EitherView(JWTView):
    authentication_classes = [JWTAuthentication, TokenAuthentication]


class KeyView(JWTView):
    permission_classes = [IsAuthenticated | HasAPIKey]


class OptionalView(JWTView):
    permission_classes = [AllowAny]


JWT = {"jwtAuth": []}


def suggestions(rule, *routes, **options):
    def look(schema):
        return [offence.suggestion for offence in rule.look(schema)]

    return audited_schema(*routes, look=look, **options)


@pytest.mark.parametrize(
    ("rule", "base", "written", "true"),
    [
        (AK103, JWTView, [JWT, JWT], [JWT]),
        (AK203, EitherView, [JWT], [JWT, {"tokenAuth": []}]),
        (AK204, KeyView, [JWT], [JWT, {"apiKey": []}]),
        (AK205, OpenView, [JWT, {}], []),
        (AK302, JWTView, [], [JWT]),
        (AK303, JWTView, [JWT, {}], [JWT]),
    ],
    ids=["AK103", "AK203", "AK204", "AK205", "AK302", "AK303"],
)
def test_requirements_that_are_suggested_mend_the_finding(rule, base, written, true):
    (suggestion,) = suggestions(rule, forgotten(written, base))
    scope = {}
    exec(f"said = dict({suggestion}\n)", scope)
    assert scope["said"] == {"auth": true}
    assert found(rule, forgotten(true, base)) == []


@pytest.mark.parametrize(("base", "true"), [(OpenView, [{}]), (OptionalView, [JWT, {}])])
def test_requirements_that_are_suggested_are_inherited_no_more(base, true):
    def change(document):
        document["security"] = [JWT]
        del document["paths"]["/thing/"]["get"]["security"]

    (suggestion,) = suggestions(AK106, forgotten([JWT], base), change=change)
    assert suggestion == f"auth={json.dumps(true)}  # in @extend_schema"
    # drf-spectacular writes no empty list.
    assert operation(plain_schema(forgotten(true, base)))["security"] == true


def test_nothing_is_suggested_for_what_nothing_describes():
    undescribed = forgotten([], view(JWTView, authentication_classes=[TenantKeyAuthentication]))
    assert suggestions(AK302, undescribed) == [""]


@pytest.mark.parametrize(
    ("rule", "classes", "status"),
    [(AK401, [JWTAuthentication], 401), (AK402, [SessionAuthentication], 403)],
    ids=["AK401", "AK402"],
)
def test_refusals_that_are_suggested_mend_the_finding(rule, classes, status):
    def documenting(responses):
        class Documented(JWTView):
            authentication_classes = classes

            @extend_schema(responses=responses)
            def get(self, request): ...

        return route(Documented)

    before = {200: None} if rule is AK401 else {200: None, 401: None}
    (suggestion,) = suggestions(rule, documenting(before))
    after = eval(f"{{200: None, {suggestion}}}", {"OpenApiResponse": OpenApiResponse})
    assert [*after] == [200, status]
    assert found(rule, documenting(after)) == []


def test_one_name_for_two_equal_schemes(settings):
    def change(document):
        schemes = document["components"]["securitySchemes"]
        schemes["tokenAuth"] = dict(schemes["jwtAuth"])

    (suggestion,) = suggestions(AK104, route(JWTView), change=change)
    settings.AUTHKIT = {}
    exec(suggestion, {"AUTHKIT": settings.AUTHKIT})
    assert settings.AUTHKIT == {"SCHEMA_SCHEME_ALIASES": {"tokenAuth": "jwtAuth"}}


def test_a_stale_document_is_made_anew(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    call_command(*REGENERATE.split()[2:])
    assert yaml.safe_load((tmp_path / "openapi.yaml").read_text())["openapi"].startswith("3.")
