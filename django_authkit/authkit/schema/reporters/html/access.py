"""Who can call what: the operations by view, and those that are open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from authkit.schema.openapi.document import Declared
from authkit.schema.probe.decision import State
from authkit.schema.reporters.html.causes import Causes
from authkit.schema.reporters.html.markup import (
    MARK,
    NO_VIEW,
    attributes,
    code,
    coloured,
    operation,
    row,
    table,
)
from authkit.schema.reporters.html.picture import STATES, state, swatch
from authkit.schema.reporters.sentences import counted
from authkit.schema.results.report import Access, Alternatives, Report

OPEN = (State.PUBLIC, State.OPTIONAL)
NOTHING = "nothing"


def open_operations(report: Report, causes: Causes) -> Iterator[str]:
    """Yield what is open, a row for the operations of a view that are open alike."""
    found = [one for one in report.operations if one.state in OPEN]
    if not found:
        yield "<p>Nothing that could be decided is open.</p>"
        return
    alike: dict[tuple[str, str, Declared], list[Access]] = {}
    for one in found:
        alike.setdefault((one.place.view, state(one), one.declared), []).append(one)
    rows = (
        row(
            (
                code(view),
                "<br>".join(operation(one.place) for one in accesses),
                STATES[kind],
                _said(declared),
            ),
            _data(accesses, causes),
        )
        for (view, kind, declared), accesses in alike.items()
    )
    head = ("View", "Operations", "Who is admitted", "The document says")
    yield from table(head, ["<tbody>", *rows, "</tbody>"])


def _said(declared: Declared) -> str:
    return coloured(declared.value, "error" if declared is Declared.SECURED else "good")


def _data(accesses: Sequence[Access], causes: Causes) -> str:
    faulty = any(one.place in causes.by_place for one in accesses)
    return attributes(state=state(accesses[0]), faulty="yes" if faulty else "")


def matrix(report: Report, causes: Causes) -> Iterator[str]:
    """Yield every operation by what it accepts, grouped by view."""
    schemes = sorted({name for one in report.operations for name in one.schemes})
    yield (
        '<p class="dim">● accepted, and documented · ◐ accepted, not documented · '
        "○ documented, not accepted · ? not decided</p>"
    )
    views: dict[str, list[Access]] = {}
    for one in report.operations:
        views.setdefault(one.place.view, []).append(one)
    head = ("Operation", "Access", NOTHING, *schemes, "Findings")
    bodies = (
        _group(view, accesses, schemes, causes, width=len(head)) for view, accesses in views.items()
    )
    yield from table(head, *bodies, marked=(NOTHING, *schemes))


def _group(
    view: str, accesses: Sequence[Access], schemes: Sequence[str], causes: Causes, *, width: int
) -> Iterator[str]:
    title = view or NO_VIEW
    states = Counter(map(state, accesses))
    said = ", ".join(f"{states[one]:,} {one}" for one in STATES if states[one])
    summary = coloured(f"{counted(len(accesses), 'operation')}: {said}", "dim")
    yield f"<tbody{attributes(view=title)}>"
    yield f'<tr><th colspan="{width}" scope="rowgroup">{code(title)} {summary}</th></tr>'
    for one in accesses:
        marks = "".join(f"<td{MARK}>{mark}</td>" for mark in _marks(one, schemes))
        yield (
            f"<tr{_data([one], causes)}><td>{operation(one.place)}</td>"
            f"<td{_hint(one.reason)}>{swatch(state(one))}{state(one)}</td>{marks}"
            f"<td>{causes.links(one.place)}</td></tr>"
        )
    yield "</tbody>"


def _hint(reason: str) -> str:
    return f' title="{escape(reason)}"' if reason else ""


def _marks(access: Access, schemes: Iterable[str]) -> Iterator[str]:
    unknown = access.state in (None, State.UNDECIDED)
    yield _mark(access.declared is not Declared.SECURED, access.state in OPEN, unknown)
    required, accepted = _names(access.required), _names(access.accepted)
    for name in schemes:
        yield _mark(name in required, name in accepted, unknown)


def _names(alternatives: Alternatives) -> set[str]:
    return {name for alternative in alternatives for name in alternative}


def _mark(documented: bool, accepted: bool, unknown: bool) -> str:
    if unknown:
        return coloured("? ○" if documented else "?", "dim")
    if documented and accepted:
        return coloured("●", "good")
    if accepted:
        return coloured("◐", "warning")
    return coloured("○", "error") if documented else ""
