"""SARIF 2.1.0, which GitHub's code scanning and editors read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from authkit.schema.reporters.sentences import coverage, gaps
from authkit.schema.results.findings import Finding, Rule
from authkit.schema.results.report import Location, Report

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT = "%SRCROOT%"


def render(report: Report) -> str:
    """Return one run; exempted findings are in it, suppressed."""
    rules = _rules(report)
    places = {rule.id: index for index, rule in enumerate(rules)}
    results = [_result(finding, report, places) for finding in report.findings]
    for one in report.exempted:
        suppression = {"kind": "external", "justification": one.reason}
        results.append({**_result(one.finding, report, places), "suppressions": [suppression]})
    run = {
        "tool": {"driver": {"name": "authkit", "rules": [_rule(rule) for rule in rules]}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not report.failure,
                "toolExecutionNotifications": list(_notifications(report)),
            }
        ],
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _notifications(report: Report) -> Iterator[dict[str, Any]]:
    if report.failure:
        yield {"level": "error", "message": {"text": report.failure}}
    for text in (*report.notices, *gaps(report), report.remedy, coverage(report)):
        if text:
            yield {"level": "note", "message": {"text": text}}


def _rules(report: Report) -> list[Rule]:
    findings: Iterable[Finding] = (*report.findings, *(one.finding for one in report.exempted))
    return sorted({finding.rule.id: finding.rule for finding in findings}.values(), key=_id)


def _id(rule: Rule) -> str:
    return rule.id


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": rule.page.strip(), "markdown": rule.page.strip()},
        "defaultConfiguration": {"level": rule.severity.label},
        "properties": {"tags": ["security", "openapi"]},
    }


def _result(finding: Finding, report: Report, places: dict[str, int]) -> dict[str, Any]:
    place = finding.place
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": place.label, "kind": "resource"}]
    }
    found = report.locate(finding)
    if found:
        location["physicalLocation"] = _physical(found)
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": places[finding.rule.id],
        "level": finding.severity.label,
        "message": {"text": f"{place.label}: {finding.message}"},
        "locations": [location],
        "partialFingerprints": {
            "authkit/v1": sha256(finding.fingerprint.encode(errors="replace")).hexdigest()
        },
    }


def _physical(location: Location) -> dict[str, Any]:
    path = Path(location.file)
    # A file of another place is not below the root.
    outside = path.is_absolute()
    artifact = {"uri": path.as_uri() if outside else quote(location.file)}
    return {
        "artifactLocation": artifact if outside else artifact | {"uriBaseId": ROOT},
        "region": {"startLine": location.line},
    }
