from __future__ import annotations

import pytest
from authkit.schema.rules.wrong_refusal_documented import RULE
from rest_framework.authentication import SessionAuthentication

from tests.schema.documents import HOOK, OpenView, ProtectedView, found, operation, route, view

SESSION = view(ProtectedView, authentication_classes=[SessionAuthentication])


def documenting(*statuses):
    def change(document):
        responses = operation(document)["responses"]
        responses.update({status: {"description": "No."} for status in statuses})

    return change


def test_401_for_a_view_that_answers_403_is_found():
    assert found(RULE, route(SESSION), change=documenting("401")) == ["GET /thing/"]


def test_the_hook_adds_what_is_answered():
    assert found(RULE, route(SESSION), hooks=[HOOK], change=documenting("401")) == []


@pytest.mark.parametrize("status", ["403", "4XX", "default"])
def test_403_beside_it_is_left_alone(status):
    assert found(RULE, route(SESSION), change=documenting("401", status)) == []


@pytest.mark.parametrize("responses", [None, 3], ids=repr)
def test_responses_that_are_none_are_left_alone(responses):
    def change(document):
        operation(document)["responses"] = responses

    assert found(RULE, route(SESSION), change=change) == []


def test_401_for_a_view_that_answers_it_is_left_alone():
    assert found(RULE, route(ProtectedView), change=documenting("401")) == []


def test_an_open_view_is_left_alone():
    assert found(RULE, route(OpenView), change=documenting("401")) == []
