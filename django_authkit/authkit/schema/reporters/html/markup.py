"""Elements that the sections of the page are made of. Everything a project says is escaped here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from authkit.schema.model.audited_schema import Place

NO_VIEW = "no view"


def section(title: str, content: Iterable[str], *, name: str = "") -> list[str]:
    """Return a section, nothing at all if it has no *content*; *name* is its fragment."""
    lines = list(content)
    fragment = f' id="{name}"' if name else ""
    return [f"<section{fragment}><h2>{title}</h2>", *lines, "</section>"] if lines else []


def operation(place: Place) -> str:
    if not place.path:
        return f"<code>{escape(place.label)}</code>"
    method, path = escape(place.method.upper()), escape(place.path)
    return f'<code><span class="method">{method}</span> {path}</code>'


def code(text: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f"<code{attribute}>{escape(text)}</code>" if text else ""


def coloured(text: str, kind: str) -> str:
    return f'<span class="{kind}">{escape(text)}</span>'


def prose(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def attributes(**values: str) -> str:
    """Return *values* as attributes ``data-…``, those that are not empty."""
    return "".join(f' data-{name}="{escape(text)}"' for name, text in values.items() if text)


def table(head: Iterable[str], *bodies: Iterable[str], marked: Sequence[str] = ()) -> Iterator[str]:
    """Yield a table of *bodies*; the columns that *marked* names hold marks."""
    titles = "".join(
        f'<th scope="col"{MARK if title in marked else ""}>{escape(title)}</th>' for title in head
    )
    yield f'<div class="wide"><table><thead><tr>{titles}</tr></thead>'
    for body in bodies:
        yield from body
    yield "</table></div>"


MARK = ' class="mark"'


def row(cells: Iterable[str], data: str = "") -> str:
    """Return a row; its *cells* are HTML."""
    return f"<tr{data}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def listing(lines: Iterable[str]) -> Iterator[str]:
    found = [f"<li>{escape(line)}</li>" for line in lines]
    if found:
        yield f"<ul>{''.join(found)}</ul>"
