"""Reading and fixing the security of a document, without a view in sight."""

from __future__ import annotations

import doctest

import pytest
from authkit.schema.openapi import scheme_names
from authkit.schema.openapi.document import (
    Declared,
    declared_state,
    deduplicated,
    documents,
    documents_refusal,
    effective_security,
    operations,
    renamed,
    true_requirements,
    well_formed,
)

A, B, BOTH, FOREIGN = {"a": []}, {"b": []}, {"a": [], "b": []}, {"x": []}
OURS = {"a", "b", "c"}


@pytest.mark.parametrize(
    ("declared", "enforced", "optional", "true"),
    [
        ([A], [A], False, [A]),
        ([], [A], False, [A]),
        ([A, A], [A], False, [A]),
        ([A, {}], [A], False, [A]),
        ([{}, A], [A], True, [{}, A]),
        ([A, {}, {}], [A], True, [A, {}]),
        ([A], [A], True, [A, {}]),
        ([B], [A], False, [A]),
        ([B, A], [A, B], False, [B, A]),
        ([A], [BOTH], False, [BOTH]),
        ([BOTH], [A, B], False, [A, B]),
        ([{"a": ["read"]}], [A], False, [{"a": ["read"]}]),
        ([FOREIGN], [A], False, [FOREIGN, A]),
        ([{"a": [], "x": []}], [A], False, [{"a": [], "x": []}]),
        ([{"c": [], "x": []}], [A], False, [A]),
    ],
)
def test_requirements_become_true_and_stay_true(declared, enforced, optional, true):
    once = true_requirements(declared, enforced, optional=optional, ours=OURS)
    assert once == true
    assert true_requirements(once, enforced, optional=optional, ours=OURS) == true


def test_hidden_requirements_are_not_written_but_kept_where_they_are():
    hidden = {"ours": OURS, "optional": False, "added": [A]}
    assert true_requirements([], [A, B], **hidden) == [A]
    assert true_requirements([B], [A, B], **hidden) == [B, A]


@pytest.mark.parametrize(
    ("security", "state"),
    [
        ([], Declared.PUBLIC),
        ([{}], Declared.PUBLIC),
        ([None], Declared.PUBLIC),
        (None, Declared.PUBLIC),
        ([A], Declared.SECURED),
        (["a"], Declared.SECURED),
        ([A, {}], Declared.OPTIONAL),
    ],
    ids=str,
)
def test_a_client_reads_one_of_three_states(security, state):
    assert declared_state(well_formed(security)) is state
    assert effective_security({}, {"security": security}) is security
    assert effective_security({"security": security}, {}) is security


def test_an_operation_of_its_own_mind_inherits_nothing():
    assert effective_security({"security": [A]}, {"security": []}) == []


def test_the_first_of_equal_requirements_stays():
    assert deduplicated([A, B, A, {}, B, {}]) == [A, B, {}]


def test_only_methods_are_operations():
    item = {"parameters": [], "get": {}, "summary": "", "x-more": {}, "post": {}}
    assert [method for _, method, _ in operations({"paths": {"/a": item}})] == ["get", "post"]
    assert list(operations({})) == []


def test_malformed_requirements_are_renamed_to_nothing_else():
    assert renamed(None, {"a": "b"}) is None
    assert renamed([A, None, "a"], {"a": "b"}) == [B, None, "a"]
    assert well_formed("a") == []


@pytest.mark.parametrize("scopes", [None, 3, True, "", {"read": 1}, [None], [[]], [{}]], ids=repr)
def test_scopes_that_are_none_are_left_out(scopes):
    assert well_formed([{"a": scopes, "b": ["read"]}]) == [{"a": [], "b": ["read"]}]


def test_what_is_well_formed_stays_the_same_object():
    (requirement,) = well_formed([A])
    assert requirement is A


@pytest.mark.parametrize("responses", [None, 3, True, "", []], ids=repr)
def test_responses_that_are_none_document_nothing(responses):
    operation = {"responses": responses}
    assert not documents(operation, 401)
    assert not documents_refusal(operation)


def test_the_examples_of_the_names_are_true():
    assert doctest.testmod(scheme_names) == (0, 2)
