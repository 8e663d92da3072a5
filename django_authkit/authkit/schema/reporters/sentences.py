"""What several formats say in the same words."""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.findings import Severity
from authkit.schema.model.report import Report

LEVELS = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def sums(report: Report) -> str:
    """Say how many findings there are."""
    exempted = f" {counted(len(report.exempted), 'finding')} exempted." if report.exempted else ""
    if not report.findings:
        return f"No findings.{exempted}"
    counts = (counted(report.count(level), level.label) for level in LEVELS)
    return f"{', '.join(counts)}.{exempted}"


def coverage(report: Report) -> str:
    """Say how much was seen: without it, no findings mean nothing."""
    return (
        f"{counted(len(report.operations), 'operation')}: {report.decided} decided, "
        f"{len(report.undecided)} undecided, {len(report.unmapped)} unmapped."
    )


def gaps(report: Report) -> Iterator[str]:
    """Name every operation about which nothing is known, and why."""
    for access in report.undecided:
        yield f"{access.place.label}: undecided, {access.reason}"
    for access in report.unmapped:
        yield f"{access.place.label}: unmapped, no view serves it"


def circumstances(report: Report) -> str:
    """Say what was audited under which settings."""
    context = report.context
    debug = "on" if context.debug else "off"
    return (
        f"{context.subject}, {context.urlconf}, settings {context.settings}, DEBUG {debug}, "
        f"tier {context.tier}"
    )


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
