"""The comment on a pull request: what it opened or closed, as short Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from authkit.schema.probe.decision import State
from authkit.schema.reporters.as_markdown import escaped
from authkit.schema.reporters.sentences import counted, more
from authkit.schema.results.changes import Comparison, Kind, Seen

#: By which a workflow finds the comment that it wrote before.
MARKER = "<!-- authkit: who can call the API -->"

#: What stands in the table; the others are only counted.
SHOWN = (Kind.OPENED, Kind.NEW_OPEN, Kind.CLOSED, Kind.CREDENTIALS)

#: A comment of GitHub has at most 65,536 characters.
ROWS = 50


def render(comparison: Comparison) -> str:
    """Return the sums, a table of what changed, and how much was compared."""
    return "\n".join(
        [
            MARKER,
            "### Who can call the API",
            "",
            " ".join(_sums(comparison)),
            *_table(comparison),
            "",
            _coverage(comparison),
            "",
        ]
    )


def _sums(comparison: Comparison) -> Iterator[str]:
    sentences = [*_became(comparison, Kind.OPENED), *_new(comparison)]
    yield from (f"**{sentence}**" for sentence in sentences)
    closed = [*_became(comparison, Kind.CLOSED)]
    yield from closed
    if not sentences and not closed:
        yield "No operation was opened or closed."
    if number := comparison.count(Kind.CREDENTIALS):
        yield f"{counted(number, 'operation accepts', 'operations accept')} other credentials."


def _became(comparison: Comparison, kind: Kind) -> Iterator[str]:
    states = Counter(one.now.state for one in comparison.of_kind(kind) if one.now)
    for state in State:
        if states[state]:
            yield f"{counted(states[state], 'operation')} became {state.value}."


def _new(comparison: Comparison) -> Iterator[str]:
    if number := comparison.count(Kind.NEW_OPEN):
        yield f"{counted(number, 'new operation is', 'new operations are')} open."


def _table(comparison: Comparison) -> Iterator[str]:
    shown = list(comparison.of_kind(*SHOWN))
    if shown:
        yield from ("", f"| operation | {escaped(comparison.since)} | now |", "|---|---|---|")
    for one in shown[:ROWS]:
        label = escaped(f"{one.method.upper()} {one.path}")
        yield f"| {label} | {_said(one.before)} | {_said(one.now)} |"
    if left := more(len(shown), ROWS):
        yield f"| {left} | | |"


def _said(seen: Seen | None) -> str:
    if seen is None:
        return "not there"
    state = seen.state.value if seen.state else "unmapped"
    accepted = " or ".join(" and ".join(names) for names in seen.accepted)
    return escaped(f"{state} ({accepted})" if accepted else state)


def _coverage(comparison: Comparison) -> str:
    unknown = comparison.count(Kind.UNKNOWN)
    parts = [f"{counted(len(comparison.changes) - unknown, 'operation')} compared"]
    texts = {
        Kind.NEW_GUARDED: "new and not open",
        Kind.REMOVED: "removed",
        Kind.UNKNOWN: "not comparable, because undecided before or now",
    }
    numbers = {kind: comparison.count(kind) for kind in texts}
    parts += [f"{number:,} {texts[kind]}" for kind, number in numbers.items() if number]
    return f"{', '.join(parts)}."
