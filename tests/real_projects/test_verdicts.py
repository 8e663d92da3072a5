"""The comparison itself: `python -m tests.real_projects` is worth what this is worth."""

import pytest

from tests.real_projects.verdicts import (
    BY_HANDLER,
    NOT_COMPARED,
    RIGHT,
    UNDECIDED,
    WRONG,
    Result,
    false_findings,
    is_untrue,
    verdict,
)


def operation(**changes):
    return {
        "method": "get",
        "path": "/things/",
        "state": "secured",
        "refusal": 401,
        "live": 401,
        "passed": False,
        "object_asked": False,
        "object_refused": False,
        "reason": "",
        "declared": "secured",
        "declared_with_verdicts": "secured",
        "findings": [],
        "findings_with_hook": [],
    } | changes


AT_THE_OBJECT = {"passed": True, "object_asked": True, "object_refused": True}
IN_THE_HANDLER = {"passed": True}
BY_THE_BODY = {"passed": True, "live": 400}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, RIGHT),
        ({"state": "closed"}, RIGHT),
        (AT_THE_OBJECT, RIGHT),
        ({"refusal": 403}, WRONG),
        ({"live": 200}, WRONG),
        ({"live": 400}, WRONG),
        ({"live": 404}, NOT_COMPARED),
        ({"live": None}, NOT_COMPARED),
        ({"live": 302}, NOT_COMPARED),
        (BY_THE_BODY, WRONG),
        ({**BY_THE_BODY, "path": "/things/{id}/"}, NOT_COMPARED),
        ({**BY_THE_BODY, "path": "/things/{id}/", "object_asked": True}, WRONG),
        ({"state": "undecided"}, UNDECIDED),
        ({"state": "unmapped"}, UNDECIDED),
        ({"state": "public", "live": 200}, RIGHT),
        ({"state": "optional", "live": 500}, RIGHT),
        ({"state": "optional"}, WRONG),
        ({"state": "optional", **AT_THE_OBJECT}, WRONG),
        ({"state": "optional", **IN_THE_HANDLER}, BY_HANDLER),
        ({"state": "public", **IN_THE_HANDLER, "live": 403}, BY_HANDLER),
        ({**IN_THE_HANDLER, "live": 403}, BY_HANDLER),
        ({**AT_THE_OBJECT, "live": 403}, WRONG),
    ],
)
def test_a_verdict_is_compared_with_the_live_answer(changes, wanted):
    assert verdict(operation(**changes)) == wanted


@pytest.mark.parametrize(
    ("rule", "changes", "false"),
    [
        ("AK301", {"live": 200}, False),
        ("AK301", {"live": 401}, True),
        ("AK302", {"live": 401}, False),
        ("AK302", {"live": 200}, True),
        ("AK303", {"live": 204}, True),
        ("AK301", {"live": 404}, False),
        ("AK301", IN_THE_HANDLER, False),
        ("AK401", {"live": 200}, False),
    ],
)
def test_a_finding_is_false_if_the_live_answer_contradicts_it(rule, changes, false):
    assert false_findings(operation(findings=[rule], **changes), "findings") == [rule] * false


def test_a_document_is_untrue_if_the_live_answer_contradicts_it():
    assert not is_untrue(operation(), "declared")
    assert is_untrue(operation(declared="open"), "declared")
    assert not is_untrue(operation(live=404, declared="open"), "declared")


FACTS = {
    "untouched": True,
    "as_published": True,
    "stable": True,
    "repeated": True,
    "changed": [],
    "written": 7,
}


def result(*operations, **facts):
    known = {"name": "one", "tier": "T3", "versions": {"one": "1.0"}, "spent": {}}
    return Result(**known, **FACTS | facts, operations=list(operations))


def test_every_missed_target_is_told():
    assert not list(result(operation()).shortcomings)
    missed = list(
        result(
            operation(
                live=200,
                declared_with_verdicts="open",
                findings=["AK302"],
                findings_with_hook=["AK303"],
            ),
            operation(state="undecided", reason="it asks the database"),
        ).shortcomings
    )
    assert missed == [
        "T3 GET /things/: secured with 401, and it answers 200",
        "T3 GET /things/: AK302, and it answers 200",
        "T3 GET /things/: AK303, and it answers 200",
        "T3 50.0 % decided, and 97 % is the least",
    ]


def test_the_reasons_of_the_undecided_are_counted():
    asks = operation(state="undecided", reason="it asks the database")
    unknown = operation(state="unmapped", reason="no view was found")
    found = result(unknown, asks, asks).undecided
    assert found == [("it asks the database", 2), ("no view was found", 1)]


def test_an_operation_without_a_row_is_no_shortcoming():
    without = operation(state="undecided", reason="the object decides, and there is no row")
    assert result(operation(), without).decided_percent == 100
    assert not list(result(operation(), without).shortcomings)


def test_a_report_is_a_result_for_each_probe_tier():
    undecided = {"state": "undecided", "reason": "it asks the database"}
    report = {
        "versions": {},
        **FACTS,
        "operations": [operation(tiers={"T1": undecided, "T2": {"state": "secured"}})],
    }
    shallow, deep = Result.by_tier("one", report, {"T1": 0.5, "T2": 1.5})
    assert (shallow.tier, shallow.decided, shallow.seconds) == ("T1", 0, 0.5)
    assert (deep.tier, deep.decided, deep.seconds) == ("T2", 1, 1.5)
    assert (shallow.written, deep.written) == (7, 7)


def test_an_audit_that_writes_is_a_shortcoming():
    missed = list(result(operation(), untouched=False).shortcomings)
    assert missed == ["the audits wrote to the database"]


def test_an_audit_of_another_document_is_a_shortcoming():
    missed = list(result(operation(), as_published=False).shortcomings)
    assert missed == ["the audited document is not the published one"]


def test_a_hook_that_goes_on_changing_is_a_shortcoming():
    missed = list(result(operation(), stable=False).shortcomings)
    assert missed == ["the hook changes what it wrote"]


def test_another_document_in_another_process_is_a_shortcoming():
    missed = list(result(operation(), repeated=False).shortcomings)
    assert missed == ["the hook writes another document in another process"]


def test_a_hook_that_changes_more_than_security_is_a_shortcoming():
    missed = list(result(operation(), changed=["#/info", "#/tags"]).shortcomings)
    assert missed == ["the hook changes #/info", "the hook changes #/tags"]


def test_a_lie_has_to_be_found_and_mended():
    lie = {"declared": "open", "declared_with_verdicts": "open"}
    assert list(result(operation(**lie)).shortcomings) == [
        "GET /things/: untrue, and no finding says so",
        "GET /things/: untrue with the hook and a verdict file",
    ]
    found = operation(declared="open", findings=["AK302"])
    assert not list(result(found).shortcomings)


def test_an_undecided_lie_is_not_taken_for_the_truth():
    undecided = operation(declared="open", state="undecided", reason="there is no row")
    assert not list(result(operation(), undecided).shortcomings)
