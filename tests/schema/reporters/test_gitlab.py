from __future__ import annotations

import json

from authkit.schema.reporters.as_gitlab import render

from tests.schema.reporters.reports import CLEAN, FAILED, LOGIN, finding, report


def test_every_finding_is_an_issue():
    issues = json.loads(render(report()))
    assert [(one["check_name"], one["severity"]) for one in issues] == [
        ("AK105 malformed-requirement", "critical"),
        ("AK301 declared-secured-but-open", "critical"),
        ("AK401 reject-status-undocumented", "minor"),
    ]
    assert issues[1]["location"] == {"path": "shop/my views.py", "lines": {"begin": 7}}
    assert issues[0]["location"]["lines"] == {"begin": 1}
    assert {*issues[0]} == {"description", "check_name", "fingerprint", "severity", "location"}


def test_two_findings_of_one_kind_have_fingerprints_of_their_own():
    twice = [finding("AK105", LOGIN, "null"), finding("AK105", LOGIN, "1")]
    prints = [one["fingerprint"] for one in json.loads(render(report(twice)))]
    assert len(set(prints)) == 2


def test_a_clean_report_is_an_empty_list():
    assert json.loads(render(CLEAN)) == []


def test_a_failure_is_an_issue():
    (issue,) = json.loads(render(FAILED))
    assert (issue["check_name"], issue["severity"]) == ("authkit", "blocker")
    assert issue["description"] == FAILED.failure
