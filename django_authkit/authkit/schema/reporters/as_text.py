"""A report to read in a terminal; the default."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from textwrap import indent
from typing import Any

from authkit.schema.reporters.sentences import conclusion, examples, gaps, where
from authkit.schema.results.causes import Cause
from authkit.schema.results.findings import Finding
from authkit.schema.results.report import Report

HEADING = re.compile(r"^(?=\S).*: AK\d+ [\w-]+ \((error|warning|note)\)$", re.MULTILINE)


def render(report: Report) -> str:
    """Return the findings by cause, what could not be decided, and the conclusion."""
    findings = [line for cause in report.causes for line in _cause(cause, report)]
    parts = [findings, list(gaps(report)), list(report.notices), conclusion(report)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _cause(cause: Cause, report: Report) -> Iterator[str]:
    yield f"{where(cause)}: {cause.first.title}"
    yield indent(cause.first.message, " " * 4)
    if len(cause.findings) == 1:
        yield from (f"    {line}" for line in _details(cause.first, report))
    else:
        yield from _examples(cause, report)
    if cause.first.suggestion:
        yield indent(cause.first.suggestion, " " * 8)


def _examples(cause: Cause, report: Report) -> Iterator[str]:
    shown, left = examples(cause)
    for finding in shown:
        details = ", ".join(_details(finding, report))
        yield f"    {finding.place.label} ({details})" if details else f"    {finding.place.label}"
    if left:
        yield f"    {left}: --verbose shows them"


def _details(finding: Finding, report: Report) -> Iterator[str]:
    if finding.place.view:
        yield finding.place.view
    location = report.locate(finding) if report.context.file else None
    if location:
        # As it was typed: the terminal is where the command runs.
        yield f"{report.context.file}:{location.line}"


def coloured(text: str, style: Any) -> str:
    """Return the rendered *text* with its headings in the colours of Django's *style*."""
    paints: dict[str, Callable[[str], str]] = {
        "error": style.ERROR,
        "warning": style.WARNING,
        "note": style.NOTICE,
    }
    return HEADING.sub(lambda match: paints[match[1]](match[0]), text)
