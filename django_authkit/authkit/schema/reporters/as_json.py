"""A report for programs, with a `version`, every operation and every exempted finding."""

from __future__ import annotations

import json
from typing import Any

from authkit.schema.model.audited_schema import Place
from authkit.schema.results.findings import Finding
from authkit.schema.results.report import Access, Report

#: Rises when a field goes away or changes its meaning; new fields may come at any time.
VERSION = 1


def render(report: Report) -> str:
    """Return the report as a JSON object."""
    context = report.context
    content = {
        "version": VERSION,
        "context": {
            "file": context.file or None,
            "urlconf": context.urlconf,
            "settings": context.settings,
            "debug": context.debug,
            "tier": context.tier,
        },
        "coverage": _coverage(report),
        "failure": report.failure or None,
        "remedy": report.remedy or None,
        "findings": [_finding(finding, report) for finding in report.findings],
        "exempted": [
            {**_finding(one.finding, report), "reason": one.reason} for one in report.exempted
        ],
        "operations": [_access(access) for access in report.operations],
        "notices": report.notices,
    }
    return json.dumps(content, indent=2) + "\n"


def _coverage(report: Report) -> dict[str, Any]:
    return {
        "operations": len(report.operations),
        "decided": report.decided,
        "undecided": [{**_place(one.place), "reason": one.reason} for one in report.undecided],
        "unmapped": [_place(one.place) for one in report.unmapped],
    }


def _finding(finding: Finding, report: Report) -> dict[str, Any]:
    location = report.locate(finding)
    return {
        "rule": finding.rule.id,
        "name": finding.rule.name,
        "severity": finding.severity.label,
        **_place(finding.place),
        "subject": finding.subject or None,
        "message": finding.message,
        "suggestion": finding.suggestion or None,
        "file": location.file if location else None,
        "line": location.line if location else None,
    }


def _access(access: Access) -> dict[str, Any]:
    return {
        **_place(access.place),
        "state": access.state.value if access.state else None,
        "declared": access.declared.value,
        "required": access.required,
        "accepted": access.accepted,
    }


def _place(place: Place) -> dict[str, str | None]:
    return {
        "method": place.method or None,
        "path": place.path or None,
        "view": place.view or None,
    }
