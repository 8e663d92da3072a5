from __future__ import annotations

import pytest
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.results.findings import Severity
from authkit.schema.rules.anonymous_crash import RULE as CRASH
from authkit.schema.rules.declared_scheme_has_no_authenticator import RULE
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication, BasicAuthentication
from rest_framework.permissions import BasePermission

from tests.schema.documents import (
    HOOK,
    OAS_VERSIONS,
    OpenView,
    ProtectedView,
    audited_schema,
    fixed_schema,
    found,
    plain_schema,
    report_on,
    route,
    subjects,
    view,
)

BASIC = route(view(ProtectedView, authentication_classes=[BasicAuthentication]), "basic/")
GATEWAY = {"securitySchemes": {"gateway": {"type": "http", "scheme": "bearer"}}}


def declaring(*requirements, **attributes):
    class Declaring(ProtectedView):
        @extend_schema(auth=list(requirements))
        def get(self, request): ...

    return view(Declaring, **attributes)


def test_a_scheme_of_another_view_is_found():
    wrong = route(declaring({"basicAuth": []}))
    assert found(RULE, BASIC, wrong) == ["GET /thing/"]
    assert subjects(RULE, BASIC, wrong) == ["basicAuth"]


def test_a_scheme_of_a_gateway_is_found():
    through = route(declaring({"gateway": []}))
    assert subjects(RULE, through, APPEND_COMPONENTS=GATEWAY) == ["gateway"]


def test_a_scheme_for_every_operation_is_left_to_its_own_rule():
    settings = {"SECURITY": [{"gateway": []}], "APPEND_COMPONENTS": GATEWAY}
    report = report_on(route(ProtectedView), **settings)
    errors = [one.rule.id for one in report.findings if one.severity is Severity.ERROR]
    assert errors == ["AK502"]


def test_a_scheme_that_the_hook_removes_is_found_no_more():
    assert found(RULE, BASIC, route(declaring({"basicAuth": []})), hooks=[HOOK]) == []


def test_schemes_of_the_view_are_left_alone():
    assert found(RULE, BASIC, route(ProtectedView), route(OpenView, "open/")) == []


def test_a_scheme_that_is_not_defined_is_left_to_its_own_rule():
    assert found(RULE, route(declaring({"nowhere": []}))) == []


def test_a_view_with_an_authenticator_that_nothing_describes_is_left_alone():
    unknown = declaring({"basicAuth": []}, authentication_classes=[BaseAuthentication])
    assert found(RULE, BASIC, route(unknown)) == []


class Raises(BasePermission):
    def has_permission(self, request, view):
        raise LookupError("no tenant")


class FailingAuthentication(BasicAuthentication):
    def authenticate(self, request):
        raise LookupError("no tenant")


def fails(self, *args, **kwargs):
    """Fails where a request is answered, and not where the document is made."""
    if hasattr(self, "swagger_fake_view"):
        return getattr(super(type(self), self), self.fails)(*args, **kwargs)
    raise LookupError("no tenant")


def failing(method):
    return declaring({"basicAuth": []}, **{method: fails, "fails": method})


CRASHES = {
    "a permission": declaring({"basicAuth": []}, permission_classes=[Raises]),
    "an authenticator": declaring(
        {"basicAuth": []}, authentication_classes=[FailingAuthentication]
    ),
    **{
        f"{method}()": failing(method)
        for method in (
            "check_permissions",
            "get_authenticators",
            "get_permissions",
            "initial",
            "initialize_request",
            "perform_authentication",
        )
    },
}


@pytest.mark.django_db
@OAS_VERSIONS
@pytest.mark.parametrize("crash", CRASHES)
class TestAViewThatCrashes:
    """It says nothing of what it reads: neither a scheme too many, nor an open view."""

    @pytest.mark.parametrize("tier", [Tier.T1, Tier.T2, Tier.T3], ids=lambda tier: tier.label)
    def test_is_left_to_its_own_rule(self, crash, version, tier):
        options = {"probe": Probe(tier), "OAS_VERSION": version}
        routes = [BASIC, route(CRASHES[crash])]
        assert found(RULE, *routes, **options) == []
        assert found(CRASH, *routes, **options) == (["GET /thing/"] if tier > Tier.T1 else [])

    def test_is_left_alone_by_the_hook(self, crash, version):
        options = {"OAS_VERSION": version}
        routes = [BASIC, route(CRASHES[crash])]
        plain, fixed = plain_schema(*routes, **options), fixed_schema(*routes, **options)
        assert fixed["paths"]["/thing/"] == plain["paths"]["/thing/"]


def test_a_view_whose_description_fails_is_left_alone():
    class FailsToDescribe(BasicAuthentication):
        pass

    class Scheme(OpenApiAuthenticationExtension):
        target_class = FailsToDescribe
        name = "failing"

        def get_security_definition(self, auto_schema):
            raise LookupError("no tenant")

    try:
        wrong = declaring({"basicAuth": []}, authentication_classes=[FailsToDescribe])
        assert found(RULE, BASIC, route(wrong)) == []
        (_, audited) = audited_schema(BASIC, route(wrong)).operations
        assert audited.decision.is_decided
    finally:
        OpenApiAuthenticationExtension._registry.remove(Scheme)
