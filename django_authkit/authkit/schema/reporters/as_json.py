"""The report for programs."""

from __future__ import annotations

import json
from typing import Any

from authkit.schema.audit import Report
from authkit.schema.findings import Finding, Place

#: Rises when a field goes away or changes its meaning; new fields may come at any time.
VERSION = 1


def render(report: Report) -> str:
    """Return the report as a JSON object."""
    content = {
        "version": VERSION,
        "coverage": _coverage(report),
        "findings": [_finding(finding) for finding in report.findings],
    }
    return json.dumps(content, indent=2)


def _coverage(report: Report) -> dict[str, Any]:
    return {
        "operations": report.operations,
        "decided": report.decided,
        "undecided": [{**_place(item.place), "reason": item.reason} for item in report.undecided],
        "unmapped": [_place(place) for place in report.unmapped],
    }


def _finding(finding: Finding) -> dict[str, str | None]:
    return {
        "rule": finding.rule.id,
        "name": finding.rule.name,
        "severity": finding.rule.severity.label,
        **_place(finding.place),
        "message": finding.message,
    }


def _place(place: Place) -> dict[str, str | None]:
    return {
        "method": place.method or None,
        "path": place.path or None,
        "view": place.view or None,
    }
