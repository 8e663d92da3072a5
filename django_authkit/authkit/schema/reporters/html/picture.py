"""The whole at a glance: how many operations are in each state, and the filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from authkit.schema.probe.decision import State
from authkit.schema.reporters.html.markup import coloured
from authkit.schema.results.report import Access, Report

UNMAPPED = "unmapped"
STATES = {
    State.PUBLIC.value: "all callers, no credential is read",
    State.OPTIONAL.value: "all callers, credentials are read",
    State.SECURED.value: "callers with a credential",
    State.CLOSED.value: "no caller",
    State.UNDECIDED.value: "not known",
    UNMAPPED: "no view serves it",
}
WIDTH = 1_000


def state(access: Access) -> str:
    return access.state.value if access.state else UNMAPPED


def numbers(report: Report) -> dict[str, int]:
    """Return how many operations are in each state, without those that have none."""
    found = Counter(map(state, report.operations))
    return {one: found[one] for one in STATES if found[one]}


def picture(report: Report) -> Iterator[str]:
    counts = numbers(report)
    if not counts:
        return
    said = ", ".join(f"{number:,} {one}" for one, number in counts.items())
    yield (
        f'<svg class="picture" role="img" aria-label="{said}" viewBox="0 0 {WIDTH} 1" '
        'preserveAspectRatio="none">'
    )
    at = 0.0
    for one, number in counts.items():
        width = WIDTH * number / len(report.operations)
        yield f'<rect class="{one}" x="{at:.2f}" width="{width:.2f}" height="1"/>'
        at += width
    yield "</svg>"
    yield '<ul class="legend">'
    for one, number in counts.items():
        meaning = coloured(f"({STATES[one]})", "dim")
        yield f"<li>{swatch(one)}<b>{number:,}</b> {one} {meaning}</li>"
    yield "</ul>"


def swatch(one: str) -> str:
    square = '<rect width="1" height="1"/>'
    return f'<svg class="swatch {one}" viewBox="0 0 1 1" aria-hidden="true">{square}</svg>'


def filters(report: Report) -> Iterator[str]:
    """Yield what narrows the page down, in the browser alone; it shows itself if scripts run."""
    yield '<form class="filters" hidden>'
    yield (
        '<input type="search" name="text" aria-label="Filter by words" '
        'placeholder="Path, view, rule …" autocomplete="off">'
    )
    for one in numbers(report):
        box = f'<input type="checkbox" name="state" value="{one}" checked autocomplete="off">'
        yield f"<label>{box} {swatch(one)}{one}</label>"
    box = '<input type="checkbox" name="faulty" autocomplete="off">'
    yield f"<label>{box} with findings only</label>"
    yield '<output aria-live="polite"></output></form>'
