"""JUnit's XML for CI servers: a test case for each operation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from authkit.schema.model.audited_schema import Place
from authkit.schema.probe.decision import State
from authkit.schema.reporters.sentences import coverage
from authkit.schema.results.findings import Finding, Severity
from authkit.schema.results.report import Access, Report

#: What XML 1.0 cannot hold, not even escaped (section 2.2).
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """Return errors and warnings as failures, notes as output, gaps as skipped cases."""
    cases = [*_failed(report), *_cases(report)]
    failures = sum("<failure" in case for case in cases)
    skipped = sum("<skipped" in case for case in cases)
    errors = int(bool(report.failure))
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            f'<testsuites name="authkit" {counts}>',
            f'<testsuite name="authkit" {counts} skipped="{skipped}">',
            *cases,
            f"<system-out>{_text(coverage(report))}</system-out>",
            "</testsuite>",
            "</testsuites>\n",
        ]
    )


def _failed(report: Report) -> Iterator[str]:
    if report.failure:
        error = f'<error type="authkit" message="{_text(report.failure)}"/>'
        yield f'<testcase classname="schema" name="the audit">{error}</testcase>'


def _cases(report: Report) -> Iterator[str]:
    findings: dict[Place, list[Finding]] = {}
    for finding in report.findings:
        findings.setdefault(finding.place, []).append(finding)
    skipped = {Place(): ""} | {one.place: _skipped(one) for one in report.operations}
    # Undocumented operations and others that findings alone know come last.
    places = dict.fromkeys([*skipped, *findings])
    for place in sorted(places, key=lambda one: -_worst(findings.get(one, []))):
        yield _case(place, findings.get(place, []), skipped.get(place, ""))


def _worst(findings: Iterable[Finding]) -> int:
    """Return the severity by which cases are sorted; a note is no failure."""
    return max((one.severity for one in findings if one.severity > Severity.NOTE), default=0)


def _skipped(access: Access) -> str:
    if access.state is None:
        return "unmapped, no view serves it"
    return access.reason if access.state is State.UNDECIDED else ""


def _case(place: Place, findings: Iterable[Finding], skipped: str) -> str:
    failures = [one for one in findings if one.severity > Severity.NOTE]
    notes = [one for one in findings if one.severity is Severity.NOTE]
    inner = [_failure(one) for one in failures]
    if skipped and not failures:
        inner.append(f'<skipped message="{_text(skipped)}"/>')
    if notes:
        lines = "\n".join(f"{one.title}: {one.message}" for one in notes)
        inner.append(f"<system-out>{_text(lines)}</system-out>")
    head = f'<testcase classname="{_text(place.view or "schema")}" name="{_text(place.label)}"'
    return f"{head}>{''.join(inner)}</testcase>" if inner else f"{head}/>"


def _failure(finding: Finding) -> str:
    message = f'message="{_text(finding.message)}"'
    return f'<failure type="{finding.rule.id}" {message}>{_text(finding.title)}</failure>'


def _text(text: str) -> str:
    return escape(NOT_XML.sub("\ufffd", text))
