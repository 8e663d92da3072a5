"""A report to read in a terminal; the default."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from textwrap import indent
from typing import Any

from authkit.schema.model.findings import Finding
from authkit.schema.model.report import Report
from authkit.schema.reporters.sentences import coverage, gaps, sums

HEADING = re.compile(r"^(?=\S).*: AK\d+ [\w-]+ \((error|warning|note)\)$", re.MULTILINE)


def render(report: Report) -> str:
    """Return the findings, what could not be decided, and the sums."""
    findings = [line for finding in report.findings for line in _finding(finding, report)]
    parts = [findings, list(gaps(report)), list(report.notices), [sums(report), coverage(report)]]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _finding(finding: Finding, report: Report) -> Iterator[str]:
    yield f"{finding.place.label}: {finding.title}"
    yield indent(finding.message, " " * 4)
    if finding.place.view:
        yield f"    {finding.place.view}"
    if report.context.file:
        yield f"    {report.locate(finding)}"
    if finding.suggestion:
        yield indent(finding.suggestion, " " * 8)


def coloured(text: str, style: Any) -> str:
    """Return the rendered *text* with its headings in the colours of Django's *style*."""
    paints: dict[str, Callable[[str], str]] = {
        "error": style.ERROR,
        "warning": style.WARNING,
        "note": style.NOTICE,
    }
    return HEADING.sub(lambda match: paints[match[1]](match[0]), text)
