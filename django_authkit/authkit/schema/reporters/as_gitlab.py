"""GitLab's code quality report, which merge requests show."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from typing import Any

from authkit.schema.results.findings import Finding, Severity
from authkit.schema.results.report import Location, Report

SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.NOTE: "info"}

#: GitLab requires a file for every finding, and accepts one at the root of the project.
UNKNOWN = Location("manage.py", 1)


def render(report: Report) -> str:
    """Return a JSON array, an object for each finding, and one for a failure of the audit."""
    seen: Counter[str] = Counter()
    issues = [_issue(one, report, seen) for one in report.findings]
    if report.failure:
        issues.insert(0, _failure(report.failure, seen))
    return json.dumps(issues, indent=2) + "\n"


def _failure(failure: str, seen: Counter[str]) -> dict[str, Any]:
    return {
        "description": failure,
        "check_name": "authkit",
        "fingerprint": _unique("failure", seen),
        "severity": "blocker",
        "location": {"path": UNKNOWN.file, "lines": {"begin": UNKNOWN.line}},
    }


def _issue(finding: Finding, report: Report, seen: Counter[str]) -> dict[str, Any]:
    location = report.locate(finding) or UNKNOWN
    return {
        "description": f"{finding.place.label}: {finding.message}",
        "check_name": f"{finding.rule.id} {finding.rule.name}",
        "fingerprint": _unique(finding.fingerprint, seen),
        "severity": SEVERITIES[finding.severity],
        "location": {"path": location.file, "lines": {"begin": location.line}},
    }


def _unique(fingerprint: str, seen: Counter[str]) -> str:
    """GitLab shows one of several issues with the same fingerprint: the next gets a number."""
    seen[fingerprint] += 1
    number = seen[fingerprint]
    text = fingerprint if number == 1 else f"{fingerprint}|{number}"
    return sha256(text.encode(errors="replace")).hexdigest()
