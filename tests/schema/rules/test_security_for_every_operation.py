from __future__ import annotations

from authkit.schema.results.findings import Severity
from authkit.schema.rules.security_for_every_operation import RULE
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny

from tests.schema.documents import (
    HOOK,
    OpenView,
    ProtectedView,
    audited_schema,
    found,
    route,
    subjects,
    view,
)


def test_a_requirement_for_every_operation_is_found():
    assert found(RULE, route(OpenView), SECURITY=[{"jwtAuth": []}]) == ["the document"]


def test_an_empty_requirement_for_every_operation_is_found():
    assert subjects(RULE, route(ProtectedView), SECURITY=[{}]) == ["SECURITY"]


def test_it_is_found_with_the_hook_as_well():
    settings = {"SECURITY": [{"jwtAuth": []}]}
    assert found(RULE, route(ProtectedView), hooks=[HOOK], **settings) == ["the document"]


def offences(*routes, **settings):
    return audited_schema(*routes, look=lambda schema: [*RULE.look(schema)], **settings)


def test_what_an_operation_does_not_accept_is_an_error():
    routes = (route(ProtectedView), route(OpenView, "open/"))
    (offence,) = offences(*routes, SECURITY=[{"jwtAuth": []}])
    assert offence.severity is Severity.ERROR
    assert offence.message.endswith("It is not true of 1 of 2 operations.")


class Undescribed(BaseAuthentication):
    def authenticate(self, request):
        return None


def test_what_an_authenticator_without_a_description_may_read_is_a_warning():
    unknown = route(view(ProtectedView, authentication_classes=[Undescribed]))
    (offence,) = offences(unknown, SECURITY=[{"ownAuth": []}])
    assert offence.severity is Severity.WARNING


def test_a_free_pass_for_what_is_secured_is_an_error():
    optional = route(view(permission_classes=[AllowAny]), "optional/")
    (offence,) = offences(route(ProtectedView), optional, SECURITY=[{}])
    assert offence.severity is Severity.ERROR
    assert offence.message.endswith("It is not true of 1 of 2 operations.")


def test_what_every_operation_accepts_is_a_warning():
    (offence,) = offences(route(ProtectedView), SECURITY=[{"jwtAuth": []}])
    assert offence.severity is Severity.WARNING
    assert offence.message.endswith("whatever its view does.")


def test_what_the_hook_corrected_is_a_warning():
    (offence,) = offences(route(OpenView), hooks=[HOOK], SECURITY=[{"jwtAuth": []}])
    assert offence.severity is Severity.WARNING


def test_an_empty_list_is_left_alone():
    assert found(RULE, route(ProtectedView), SECURITY=[]) == []


def test_the_default_is_left_alone():
    assert found(RULE, route(ProtectedView)) == []
