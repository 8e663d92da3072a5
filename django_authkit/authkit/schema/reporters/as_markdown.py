"""Markdown for comments, wiki pages and job summaries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from authkit.schema.probe.decision import State
from authkit.schema.reporters.sentences import (
    NO_REASON,
    circumstances,
    conclusion,
    examples,
    gaps,
    listed,
    where,
)
from authkit.schema.results.causes import Cause
from authkit.schema.results.findings import Finding
from authkit.schema.results.report import Report

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def render(report: Report) -> str:
    """Return the sums, the findings as a table, what is open, and what is not known."""
    return "\n".join(
        [
            "# Security of the API",
            "",
            " ".join(map(escaped, conclusion(report))),
            "",
            f"Audited: {escaped(circumstances(report))}.",
            *_section("Findings", _findings(report)),
            *_section("Open without credentials", _list(_open(report))),
            *_section("Not decided", _list(gaps(report))),
            *_section("Exempted", _list(_exempted(report))),
            *_section("Notices", _list(report.notices)),
            "",
        ]
    )


def _section(title: str, lines: Iterable[str]) -> list[str]:
    content = list(lines)
    return ["", f"## {title}", "", *content] if content else []


def _findings(report: Report) -> Iterator[str]:
    if report.causes:
        yield "| severity | rule | where | what |"
        yield "|---|---|---|---|"
    for cause in report.causes:
        columns = (
            cause.severity.label,
            _rule(cause.first),
            "<br>".join(map(escaped, _places(cause, report))),
            _what(cause.first),
        )
        yield f"| {' | '.join(columns)} |"


def _rule(finding: Finding) -> str:
    return f"{finding.rule.id} {finding.rule.name}"


def _places(cause: Cause, report: Report) -> Iterator[str]:
    yield where(cause)
    if len(cause.findings) == 1:
        parts = (cause.first.place.view, str(report.locate(cause.first) or ""))
        yield from (part for part in parts if part)
        return
    shown, left = examples(cause)
    yield from (finding.place.label for finding in shown)
    if left:
        yield left


def _what(finding: Finding) -> str:
    lines = [finding.message, *finding.suggestion.splitlines()]
    return "<br>".join(escaped(line) for line in lines)


def _open(report: Report) -> Iterator[str]:
    for access in report.operations:
        if access.state in (State.PUBLIC, State.OPTIONAL):
            yield f"{access.place.label} ({access.state.value})"


def _exempted(report: Report) -> Iterator[str]:
    for (rule, reason), found in report.exempted_by_reason.items():
        labels = listed([finding.place.label for finding in found])
        yield f"{labels}: {rule.id} {rule.name} ({reason or NO_REASON})"


def _list(lines: Iterable[str]) -> Iterator[str]:
    return (f"- {escaped(line)}" for line in lines)


def escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))
