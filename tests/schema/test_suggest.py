"""Code that is suggested is code."""

from __future__ import annotations

import pytest
from authkit.schema.rules.declared_secured_but_open import RULE as AK301
from authkit.schema.rules.optional_auth_lacks_401 import RULE as AK404
from authkit.schema.rules.public_documents_401 import RULE as AK403
from authkit.schema.suggest import NO_REFUSAL, OPEN_OR_NOT, appended_scheme, extension, refusal
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny, IsAuthenticated

from tests.schema.documents import JWTView, OpenView, found, route, view


class TenantKeyAuthentication(BaseAuthentication):
    pass


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


def test_of_two_ways_either_mends_an_open_operation_that_is_declared_as_secured():
    assert found(AK301, route(view(permission_classes=[]))) == ["GET /thing/"]
    for line in OPEN_OR_NOT.splitlines():
        scope = {"AllowAny": AllowAny, "IsAuthenticated": IsAuthenticated}
        exec(line, scope)
        permissions = scope["permission_classes"]
        assert found(AK301, route(view(permission_classes=permissions))) == []


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
