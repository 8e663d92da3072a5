"""What several formats say in the same words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from authkit.schema.results.causes import Cause
from authkit.schema.results.findings import Finding, Severity
from authkit.schema.results.report import Access, Report

LEVELS = (Severity.ERROR, Severity.WARNING, Severity.NOTE)

#: How many operations stand for all that a folded cause concerns.
EXAMPLES = 5

#: What stands for the reason of an entry in a baseline that has none.
NO_REASON = "no reason yet"


def sums(report: Report) -> str:
    """Say how many findings there are; that there are none, only of an audit."""
    if report.failure and not report.findings:
        return ""
    exempted = f" {counted(len(report.exempted), 'finding')} exempted." if report.exempted else ""
    if not report.findings:
        return f"No findings.{exempted}"
    counts = (counted(report.count(level), level.label) for level in LEVELS)
    return f"{', '.join(counts)}.{exempted}"


def coverage(report: Report) -> str:
    """Say how much was seen: without it, no findings mean nothing."""
    return (
        f"{counted(len(report.operations), 'operation')}: {report.decided:,} decided, "
        f"{len(report.undecided):,} undecided, {len(report.unmapped):,} unmapped."
    )


def conclusion(report: Report) -> list[str]:
    """Say what failed, how much was found, what ends most of it, and how much was seen."""
    lines = (report.failure, sums(report), report.remedy, coverage(report))
    return [line for line in lines if line]


def where(cause: Cause) -> str:
    """Say where a cause is: an operation, or how many."""
    places = {finding.place for finding in cause.findings}
    number = len(cause.findings)
    if number == 1:
        return cause.first.place.label
    if len(places) == number and all(place.path for place in places):
        return counted(number, "operation")
    return f"{number:,} times"


def examples(cause: Cause, limit: int = EXAMPLES) -> tuple[Sequence[Finding], str]:
    """Return the findings to show of a cause, and how many more there are, "" if none."""
    return cause.findings[:limit], more(len(cause.findings), limit)


def more(number: int, shown: int) -> str:
    return f"and {number - shown:,} more" if number > shown else ""


def gaps(report: Report) -> Iterator[str]:
    """Say about which operations nothing is known, and why: one line for each reason."""
    reasons: dict[str, list[Access]] = {}
    for access in report.undecided:
        reasons.setdefault(f"undecided, {access.reason}", []).append(access)
    for access in report.unmapped:
        reasons.setdefault("unmapped, no view serves it", []).append(access)
    for reason, found in sorted(reasons.items(), key=lambda item: -len(item[1])):
        yield from _gap(reason, found, folded=report.folded)


def _gap(reason: str, found: Sequence[Access], *, folded: bool) -> Iterator[str]:
    labels = [access.place.label for access in found]
    if folded and len(labels) > 1:
        yield f"{counted(len(labels), 'operation')}: {reason} ({listed(labels)})"
    else:
        yield from (f"{label}: {reason}" for label in labels)


def listed(labels: Sequence[str], limit: int = EXAMPLES) -> str:
    """Return the first of *labels* on one line, and how many more there are."""
    shown, left = ", ".join(labels[:limit]), more(len(labels), limit)
    return f"{shown} {left}" if left else shown


def circumstances(report: Report) -> str:
    """Say what was audited under which settings."""
    context = report.context
    debug = "on" if context.debug else "off"
    return (
        f"{context.subject}, {context.urlconf}, settings {context.settings}, DEBUG {debug}, "
        f"tier {context.tier}"
    )


def counted(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"
