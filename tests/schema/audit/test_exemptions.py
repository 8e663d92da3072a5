"""Findings that stay, with a reason."""

from __future__ import annotations

from datetime import date

import pytest
from authkit.schema.audit.exemptions import Exemptions, WrongExemption, read_exemptions

from tests.schema.reporters.reports import FINDINGS

DOCUMENT, LOGIN, STATUS, REPORTS = FINDINGS
TODAY = date(2026, 6, 1)
RULES = {"AK103", "AK105", "AK301", "AK401"}


def entry(**changes):
    return {"rule": "AK301", "reason": "a login", **changes}


def reading(*entries):
    return Exemptions(read_exemptions(list(entries)), TODAY)


@pytest.mark.parametrize(
    "narrowed",
    [
        {},
        {"operation": "POST /login/"},
        {"operation": "POST /lo*"},
        {"operation": "* /login/"},
        {"view": "shop.views.LoginView"},
        {"view": "shop.*"},
        {"until": "2026-06-01"},
        {"until": date(2026, 6, 1)},
    ],
    ids=str,
)
def test_an_entry_that_matches_gives_its_reason(narrowed):
    assert reading(entry(**narrowed)).reason(LOGIN) == "a login"


@pytest.mark.parametrize(
    "narrowed",
    [
        {"rule": "AK302"},
        {"operation": "GET /login/"},
        {"operation": "POST /login"},
        {"view": "shop.views"},
        {"subject": "jwtAuth"},
        {"until": "2026-05-31"},
    ],
    ids=str,
)
def test_an_entry_that_does_not_match_gives_none(narrowed):
    assert reading(entry(**narrowed)).reason(LOGIN) is None


def test_a_finding_about_the_document_is_matched_by_its_subject():
    about = entry(rule="AK105", subject="null")
    assert reading(about).reason(DOCUMENT) == "a login"
    assert reading({**about, "operation": "GET /login/"}).reason(DOCUMENT) is None


def test_an_entry_that_exempts_nothing_is_told():
    unused = reading(entry(), entry(operation="GET /gone/"))
    assert [*unused.notices(FINDINGS, RULES)] == [
        'AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"][1] (AK301: a login) exempts nothing: remove it.'
    ]


def test_an_entry_that_has_expired_is_told():
    expired = reading(entry(until="2026-05-31"))
    assert [*expired.notices(FINDINGS, RULES)] == [
        'AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"][0] (AK301: a login) has expired on 2026-05-31.'
    ]


def test_an_entry_of_a_rule_that_did_not_run_is_not_called_unused():
    assert [*reading(entry(operation="GET /gone/")).notices(FINDINGS, {"AK401"})] == []


WRONG = {
    "a dict": ({"rule": "AK301"}, "should be a list of dicts"),
    "a list of names": (["AK301"], r"\[0\] should be a dict"),
    "no reason": ([{"rule": "AK301"}], r"\[0\] has no reason"),
    "an empty reason": ([entry(reason=" ")], r"\[0\] has no reason"),
    "no rule": ([entry(), {"reason": "x"}], r"\[1\] has no rule"),
    "a misspelt key": (
        [entry(operations="GET /")],
        'the unknown key "operations"; known are rule,',
    ),
    "a path alone": ([entry(operation="/login/")], 'an operation is written as "POST /path/"'),
    "a method in lower case": ([entry(operation="post /login/")], 'written as "POST /path/"'),
    "a date that is none": ([entry(until="2026-13-01")], 'until is written as "2030-12-31"'),
    "a year": ([entry(until=2026)], 'until is written as "2030-12-31"'),
}


@pytest.mark.parametrize(("entries", "reason"), WRONG.values(), ids=WRONG)
def test_a_wrong_entry_is_named(entries, reason):
    with pytest.raises(WrongExemption, match=reason):
        read_exemptions(entries)


def test_an_unknown_rule_is_named():
    with pytest.raises(WrongExemption, match=r'\[1\] names the unknown rule "AK999"'):
        read_exemptions([entry(), entry(rule="AK999")], RULES)
