"""Compares the project with an earlier state of it: a revision in git, or the JSON of an audit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from authkit.schema.audit.revision import audited_at, common_ancestor
from authkit.schema.audit.run import audit
from authkit.schema.model.source import NothingDecided, Source, WrongUsage
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe
from authkit.schema.reporters.as_json import VERSION
from authkit.schema.results.changes import Comparison, Operations, Seen, seen
from authkit.schema.sandbox.repository import named


def compared(since: Sequence[str], source: Source, probe: Probe) -> Comparison:
    """Compare the project with a revision or a report, or two reports with each other.

    Raises ``WrongUsage`` and ``SchemaNotMade``.
    """
    if len(since) > 2:
        raise WrongUsage("--changed-since takes a revision, a report, or two reports.")
    if len(since) == 2:
        earlier, later = since
        return Comparison.of(named(earlier), _read(earlier), _read(later))
    (earlier,) = since
    if Path(earlier).is_file():
        return Comparison.of(named(earlier), _read(earlier), _now(source, probe))
    commit = common_ancestor(earlier)
    # First the present, whose modules tell where the project is imported from.
    now = _now(source, probe)
    before = _operations(audited_at(commit, source, probe), earlier)
    return Comparison.of(commit[:10], before, now)


def _now(source: Source, probe: Probe) -> Operations:
    report = audit(source, rules=(), probe=probe)
    if report.failure:
        raise NothingDecided(report.failure)
    return seen(report)


def _read(name: str) -> Operations:
    try:
        return _operations(Path(name).read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(f"{name} cannot be read: {error}.") from None


def _operations(text: str, name: str) -> Operations:
    """Return the operations in the JSON of an audit. Raises ``WrongUsage``."""
    try:
        content: Any = json.loads(text)
        if content["version"] != VERSION:
            raise ValueError
        failure = content.get("failure")
        found = {(one["method"], one["path"]): _seen(one) for one in content["operations"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise WrongUsage(f"{name} is no report that --format json wrote.") from None
    if failure:
        raise WrongUsage(f"{name} is no audit: {failure}")
    return found


def _seen(entry: Any) -> Seen:
    """Raises ``ValueError``, ``KeyError`` or ``TypeError``."""
    state = State(entry["state"]) if entry["state"] is not None else None
    return Seen(state, tuple(tuple(map(str, names)) for names in entry["accepted"]))
