from __future__ import annotations

from authkit.schema.model import open_or_not
from authkit.schema.model.suggest import WITHOUT_SECURITY
from authkit.schema.results.findings import Severity
from authkit.schema.rules.declared_secured_but_open import RULE
from rest_framework.permissions import AllowAny, BasePermission

from tests.schema.documents import (
    HOOK,
    OpenView,
    ProtectedView,
    audited_schema,
    found,
    operation,
    report_on,
    route,
    view,
)


class EveryCaller(AllowAny):
    pass


class Raises(BasePermission):
    def has_permission(self, request, view):
        raise ValueError


def test_a_view_without_permissions_is_found():
    assert found(RULE, route(view(permission_classes=[]))) == ["GET /thing/"]


def test_a_subclass_of_allow_any_is_found():
    assert found(RULE, route(view(permission_classes=[EveryCaller]))) == ["GET /thing/"]


def test_an_open_view_under_the_security_setting_is_found():
    silent = view(OpenView, permission_classes=[])
    report = report_on(route(silent), route(ProtectedView, "other/"), SECURITY=[{"jwtAuth": []}])
    errors = [one for one in report.findings if one.severity is Severity.ERROR]
    assert [one.rule.id for one in errors] == ["AK502", "AK301"]
    assert {one.suggestion for one in errors} == {WITHOUT_SECURITY}
    assert errors[1].message.startswith("SECURITY (AK502) requires a credential")


def test_the_setting_is_not_blamed_for_what_the_view_says_as_well():
    said = audited_schema(
        route(view(permission_classes=[])),
        look=lambda schema: [one.message for one in RULE.look(schema)],
        SECURITY=[{"jwtAuth": []}],
    )
    assert said == ["The document requires a credential, and the view admits anonymous callers."]


def test_an_open_view_with_an_optional_credential_is_left_alone():
    assert found(RULE, route(view(permission_classes=[AllowAny]))) == []


def test_a_protected_view_is_left_alone():
    assert found(RULE, route(ProtectedView)) == []


def test_a_view_that_is_undecided_is_left_alone():
    assert found(RULE, route(view(permission_classes=[Raises]))) == []


def test_an_inherited_requirement_is_left_to_its_own_rule():
    def change(document):
        document["security"] = [{"jwtAuth": []}]
        operation(document).pop("security", None)

    assert found(RULE, route(OpenView), change=change) == []


def test_a_mended_document_is_left_alone():
    assert found(RULE, route(view(permission_classes=[])), hooks=[HOOK]) == []


def test_the_other_operations_are_looked_through_once_for_all_findings(monkeypatch):
    looked = []
    reached = open_or_not.may_be_written_at
    monkeypatch.setattr(
        open_or_not, "may_be_written_at", lambda one: [looked.append(one), *reached(one)][1:]
    )
    public = view(permission_classes=[AllowAny])  # documented as open, so none of the findings
    routes = [route(view(permission_classes=[]), f"thing{number}/") for number in range(4)]
    assert len(found(RULE, *routes, route(public, "public/"))) == 4
    assert [one.path for one in looked] == ["/public/"]
