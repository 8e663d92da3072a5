"""Annotations in GitHub Actions."""

from __future__ import annotations

from authkit.schema.model.findings import Finding, Severity
from authkit.schema.model.report import Report
from authkit.schema.reporters.sentences import coverage, gaps, sums

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report) -> str:
    """Return a line for each finding and each notice, then the sums in plain text."""
    lines = [_annotation(finding, report) for finding in report.findings]
    lines += [f"::notice title=authkit::{_data(text)}" for text in report.notices]
    plain = (*gaps(report), sums(report), coverage(report))
    # A line of ours that begins with two colons would be taken for a command.
    lines += [_data(line) for line in plain]
    return "\n".join(lines) + "\n"


def _annotation(finding: Finding, report: Report) -> str:
    location = report.locate(finding)
    where = f"file={_property(location.file)},line={location.line}," if location else ""
    title = _property(f"{finding.rule.id} {finding.rule.name}")
    text = _data(f"{finding.place.label}: {finding.message}")
    return f"::{COMMANDS[finding.severity]} {where}title={title}::{text}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
