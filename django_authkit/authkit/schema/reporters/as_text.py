"""The report for people."""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.audit import Report
from authkit.schema.findings import Severity


def render(report: Report) -> str:
    """Return the findings, what could not be decided, and the sums."""
    return "\n".join([*_findings(report), *_gaps(report), _findings_sum(report), _coverage(report)])


def _findings(report: Report) -> Iterator[str]:
    for finding in report.findings:
        yield f"{finding.place.label}: {finding.rule.title}"
        yield f"    {finding.message}"
        if finding.place.view:
            yield f"    {finding.place.view}"
    if report.findings:
        yield ""


def _gaps(report: Report) -> Iterator[str]:
    for item in report.undecided:
        yield f"{item.place.label}: undecided, {item.reason}"
    for place in report.unmapped:
        yield f"{place.label}: unmapped, no view serves it"
    if report.undecided or report.unmapped:
        yield ""


def _findings_sum(report: Report) -> str:
    if not report.findings:
        return "No findings."
    errors, warnings = report.count(Severity.ERROR), report.count(Severity.WARNING)
    return f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}."


def _coverage(report: Report) -> str:
    return (
        f"{_counted(report.operations, 'operation')}: {report.decided} decided, "
        f"{len(report.undecided)} undecided, {len(report.unmapped)} unmapped."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
