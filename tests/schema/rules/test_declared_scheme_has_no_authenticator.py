from __future__ import annotations

from authkit.schema.rules.declared_scheme_has_no_authenticator import RULE
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication, BasicAuthentication

from tests.schema.documents import HOOK, OpenView, ProtectedView, found, route, subjects, view

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
    settings = {"SECURITY": [{"gateway": []}], "APPEND_COMPONENTS": GATEWAY}
    assert subjects(RULE, route(ProtectedView), **settings) == ["gateway"]


def test_a_scheme_that_the_hook_removes_is_found_no_more():
    assert found(RULE, BASIC, route(declaring({"basicAuth": []})), hooks=[HOOK]) == []


def test_schemes_of_the_view_are_left_alone():
    assert found(RULE, BASIC, route(ProtectedView), route(OpenView, "open/")) == []


def test_a_scheme_that_is_not_defined_is_left_to_its_own_rule():
    assert found(RULE, route(declaring({"nowhere": []}))) == []


def test_a_view_with_an_authenticator_that_nothing_describes_is_left_alone():
    unknown = declaring({"basicAuth": []}, authentication_classes=[BaseAuthentication])
    assert found(RULE, BASIC, route(unknown)) == []
