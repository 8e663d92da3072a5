"""Markdown for comments, wiki pages and job summaries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from authkit.schema.model.findings import Finding
from authkit.schema.model.report import Report
from authkit.schema.probe.decision import State
from authkit.schema.reporters.sentences import circumstances, coverage, gaps, sums

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def render(report: Report) -> str:
    """Return the sums, the findings as a table, what is open, and what is not known."""
    return "\n".join(
        [
            "# Security of the API",
            "",
            f"{_escaped(sums(report))} {_escaped(coverage(report))}",
            "",
            f"Audited: {_escaped(circumstances(report))}.",
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
    if report.findings:
        yield "| severity | rule | where | what |"
        yield "|---|---|---|---|"
    for finding in report.findings:
        columns = (finding.severity.label, _rule(finding), _where(finding, report), _what(finding))
        yield f"| {' | '.join(columns)} |"


def _rule(finding: Finding) -> str:
    return f"{finding.rule.id} {finding.rule.name}"


def _where(finding: Finding, report: Report) -> str:
    parts = [finding.place.label, finding.place.view, str(report.locate(finding) or "")]
    return "<br>".join(_escaped(part) for part in parts if part)


def _what(finding: Finding) -> str:
    lines = [finding.message, *finding.suggestion.splitlines()]
    return "<br>".join(_escaped(line) for line in lines)


def _open(report: Report) -> Iterator[str]:
    for access in report.operations:
        if access.state in (State.PUBLIC, State.OPTIONAL):
            yield f"{access.place.label} ({access.state.value})"


def _exempted(report: Report) -> Iterator[str]:
    for one in report.exempted:
        yield f"{one.finding.place.label}: {_rule(one.finding)} ({one.reason})"


def _list(lines: Iterable[str]) -> Iterator[str]:
    return (f"- {_escaped(line)}" for line in lines)


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))
