"""The findings that a project starts with."""

from __future__ import annotations

import json

import pytest
from authkit.schema.audit.baseline import (
    Baseline,
    BaselineEntry,
    WrongBaseline,
    read_baseline,
    write_baseline,
)
from authkit.schema.model.audited_schema import Place

from tests.schema.reporters.reports import FINDINGS, finding

DOCUMENT, LOGIN, STATUS, REPORTS = FINDINGS
RULES = {"AK103", "AK105", "AK301", "AK401"}
ENTRY = {
    "path": "/login/",
    "method": "post",
    "view": "shop.views.LoginView",
    "rule": "AK301",
    "subject": "",
    "reason": "a login",
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "baseline.json"

    def write(content):
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text)
        return str(path)

    return write


def holding(*entries):
    return {"version": 1, "findings": list(entries)}


def test_a_finding_that_is_known_has_a_reason(file):
    baseline = read_baseline(file(holding(ENTRY)), RULES)
    assert baseline.reason(LOGIN) == "a login"
    assert baseline.reason(STATUS) is None


def test_a_finding_is_known_whatever_its_message_says(file):
    baseline = Baseline("b", {BaselineEntry.of(LOGIN): "a login"})
    changed = type(LOGIN)(LOGIN.rule, LOGIN.place, "In other words.", LOGIN.severity)
    assert baseline.reason(changed) == "a login"


def test_entries_that_are_gone_or_without_a_reason_are_told(file):
    known = {BaselineEntry.of(LOGIN): "", BaselineEntry.of(REPORTS): "the gateway"}
    assert [*Baseline("b.json", known).notices([LOGIN], RULES)] == [
        "b.json: 1 entry is gone (AK103 GET /reports/); --update-baseline removes what is gone.",
        "b.json: 1 entry has no reason yet.",
    ]


def test_many_of_them_are_told_in_one_line_each():
    entries = [BaselineEntry(f"/{n:03}/", "get", "shop.View", "AK401", "") for n in range(200)]
    found = [finding("AK401", Place(one.path, "get", "shop.View"), "") for one in entries[:157]]
    assert [*Baseline("b.json", dict.fromkeys(entries, " ")).notices(found, RULES)] == [
        "b.json: 43 entries are gone (AK401 GET /157/, AK401 GET /158/, AK401 GET /159/, "
        "AK401 GET /160/, AK401 GET /161/ and 38 more); --update-baseline removes what is gone.",
        "b.json: 157 entries have no reason yet.",
    ]


def test_what_was_written_is_told():
    after = Baseline("b.json", {}).updated([LOGIN, STATUS], RULES)
    assert [*after.notices([LOGIN, STATUS], RULES)] == [
        "b.json: 2 entries are written.",
        "b.json: 2 entries have no reason yet.",
    ]


def test_entries_of_rules_that_did_not_run_are_not_called_gone():
    known = Baseline("b.json", {BaselineEntry.of(REPORTS): "the gateway"})
    assert [*known.notices([], RULES - {"AK103"})] == []


def test_an_update_keeps_reasons_adds_what_is_new_and_removes_what_is_gone():
    before = Baseline(
        "b.json", {BaselineEntry.of(LOGIN): "a login", BaselineEntry.of(REPORTS): "the gateway"}
    )
    after = before.updated([LOGIN, STATUS], RULES)
    assert after.reasons == {BaselineEntry.of(LOGIN): "a login", BaselineEntry.of(STATUS): ""}


def test_an_update_leaves_rules_alone_that_did_not_run():
    before = Baseline("b.json", {BaselineEntry.of(REPORTS): "the gateway"})
    assert before.updated([], RULES - {"AK103"}) == before


def test_a_file_is_written_sorted_and_read_again(tmp_path):
    name = str(tmp_path / "baseline.json")
    known = {BaselineEntry.of(one): one.rule.name for one in reversed(FINDINGS)}
    write_baseline(Baseline(name, known))
    assert read_baseline(name, RULES) == Baseline(name, known)
    paths = [
        one["path"] for one in json.loads((tmp_path / "baseline.json").read_text())["findings"]
    ]
    assert paths == ["", "/login/", "/login/", "/reports/"]


def test_a_missing_file_is_empty_if_it_is_to_be_made(tmp_path):
    name = str(tmp_path / "baseline.json")
    assert read_baseline(name, RULES, missing_ok=True) == Baseline(name, {})
    with pytest.raises(WrongBaseline, match="is not there; --update-baseline makes it"):
        read_baseline(name, RULES)


WRONG = {
    "no JSON": ("rules:", "is no JSON"),
    "deep JSON": ("[" * 100_000, "is no JSON"),
    "a list": ([], "is no baseline of version 1"),
    "another version": ({"version": 2, "findings": []}, "is no baseline of version 1"),
    "an unknown rule": (
        holding(ENTRY, {**ENTRY, "rule": "AK999"}),
        'entry 1 names the unknown rule "AK999"',
    ),
    "a missing key": (holding({"rule": "AK301"}), "entry 0 should have the keys path, method,"),
    "a text as entry": (holding("AK301"), "entry 0 should have the keys"),
    "a null": (holding({**ENTRY, "view": None}), "entry 0 holds something that is no text"),
    "findings of another kind": ({"version": 1, "findings": {}}, "holds no list of findings"),
}


@pytest.mark.parametrize(("content", "reason"), WRONG.values(), ids=WRONG)
def test_a_file_that_is_no_baseline_is_refused_in_one_sentence(content, reason, file):
    with pytest.raises(WrongBaseline, match=reason):
        read_baseline(file(content), RULES)


def test_a_folder_is_neither_read_nor_written(tmp_path):
    with pytest.raises(WrongBaseline, match="cannot be read"):
        read_baseline(str(tmp_path), RULES)
    with pytest.raises(WrongBaseline, match="cannot be written"):
        write_baseline(Baseline(str(tmp_path), {}))
