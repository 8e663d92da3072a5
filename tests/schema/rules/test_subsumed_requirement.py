from __future__ import annotations

import pytest
from authkit.schema.rules.subsumed_requirement import RULE
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework_api_key.permissions import HasAPIKey

from tests.schema.documents import HOOK, OpenView, ProtectedView, found, route, subjects, view


def requiring(*requirements):
    def change(document):
        document["paths"]["/thing/"]["get"]["security"] = list(requirements)

    return {"change": change}


def test_two_credentials_beside_one_of_them_are_found():
    both = {"jwtAuth": [], "gateway": []}
    assert found(RULE, route(ProtectedView), SECURITY=[both]) == ["GET /thing/"]


def test_the_order_makes_no_difference():
    wrong = requiring({"a": [], "b": []}, {"b": []})
    assert subjects(RULE, route(OpenView), **wrong) == ["a and b"]


def test_more_scopes_beside_fewer_are_found():
    wrong = requiring({"oauth": ["read"]}, {"oauth": ["read", "write"]})
    assert subjects(RULE, route(OpenView), **wrong) == ["oauth read write"]


@pytest.mark.parametrize("scopes", [None, 3, True, [[1]], [{"read": None}]], ids=repr)
def test_scopes_that_are_none_are_read_as_no_scopes(scopes):
    wrong = requiring({"oauth": scopes}, {"oauth": ["read"]})
    assert subjects(RULE, route(OpenView), **wrong) == ["oauth read"]


def test_a_choice_is_left_alone():
    assert found(RULE, route(OpenView), **requiring({"a": []}, {"b": []})) == []


def test_repetitions_are_left_to_another_rule():
    assert found(RULE, route(OpenView), **requiring({"a": []}, {"a": []})) == []


def test_optional_credentials_are_left_alone():
    optional = view(permission_classes=[AllowAny])
    assert found(RULE, route(optional)) == []


def test_other_scopes_are_left_alone():
    scopes = requiring({"oauth": ["read"]}, {"oauth": ["write"]})
    assert found(RULE, route(OpenView), **scopes) == []


def test_what_the_hook_writes_for_both_is_left_alone():
    both = view(permission_classes=[IsAuthenticated, HasAPIKey])
    assert found(RULE, route(both), hooks=[HOOK]) == []
