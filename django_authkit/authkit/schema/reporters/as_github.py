"""Annotations in GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.reporters.sentences import conclusion, examples, gaps, where
from authkit.schema.results.causes import Cause
from authkit.schema.results.findings import Severity
from authkit.schema.results.report import Report

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report) -> str:
    """Return a line for each cause and each notice, then the conclusion in plain text.

    GitHub shows ten annotations of a kind: equal findings are one.
    """
    lines = [f"::error title=authkit::{_data(report.failure)}"] if report.failure else []
    lines += [_annotation(cause, report) for cause in report.causes]
    lines += [f"::notice title=authkit::{_data(text)}" for text in report.notices]
    plain = (*gaps(report), *conclusion(report))
    # A line of ours that begins with two colons would be taken for a command.
    lines += [_data(line) for line in plain]
    return "\n".join(lines) + "\n"


def _annotation(cause: Cause, report: Report) -> str:
    location = report.locate(cause.first)
    place = f"file={_property(location.file)},line={location.line}," if location else ""
    title = _property(f"{cause.rule.id} {cause.rule.name}")
    text = _data("\n".join([f"{where(cause)}: {cause.first.message}", *_examples(cause, report)]))
    return f"::{COMMANDS[cause.severity]} {place}title={title}::{text}"


def _examples(cause: Cause, report: Report) -> Iterator[str]:
    shown, left = examples(cause)
    if len(cause.findings) > 1:
        for finding in shown:
            location = report.locate(finding)
            yield f"{finding.place.label} ({location})" if location else finding.place.label
    if left:
        yield left


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
