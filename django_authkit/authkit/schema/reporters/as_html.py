"""One page to read, store and print: first what is open, then who can call what.

It refers to no other resource: it can be opened offline.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from authkit.schema.model.findings import Finding, Rule
from authkit.schema.model.report import Access, Alternatives, Report
from authkit.schema.openapi.document import Declared
from authkit.schema.probe.decision import State
from authkit.schema.reporters.sentences import circumstances, coverage, gaps, sums

OPEN = (State.PUBLIC, State.OPTIONAL)

STYLE = """
:root { color-scheme: light dark; --line: #d0d7de; --soft: #f6f8fa; --dim: #57606a;
  --error: #b42318; --warning: #9a6700; --note: #0969da; --good: #1a7f37; }
@media (prefers-color-scheme: dark) { :root { --line: #3d444d; --soft: #151b23; --dim: #9198a1;
  --error: #ff8a80; --warning: #e3b341; --note: #79b8ff; --good: #56d364; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p { margin: .25rem 0 .75rem; } .dim { color: var(--dim); }
.sums { font-size: 1.1rem; margin-top: 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left;
  vertical-align: top; }
thead th { background: var(--soft); position: sticky; top: 0; }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--soft); margin: .25rem 0; padding: .5rem; white-space: pre-wrap; }
.method { display: inline-block; font-weight: 600; min-width: 4.5em; }
.mark { text-align: center; white-space: nowrap; }
.error { color: var(--error); } .warning { color: var(--warning); } .note { color: var(--note); }
.good { color: var(--good); }
@media print {
  body { font-size: 10pt; margin: 0; max-width: none; } a { color: inherit; }
  h2, h3 { break-after: avoid; } tr, pre { break-inside: avoid; }
  thead { display: table-header-group; }
  thead th { position: static; } .wide { overflow: visible; }
}
"""


def render(report: Report) -> str:
    """Return what is open first, then every operation by scheme, then the findings by rule."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Security of the API</title><style>{STYLE}</style></head>",
            "<body>",
            "<h1>Security of the API</h1>",
            f'<p class="dim">{escape(circumstances(report))}</p>',
            f'<p class="sums">{escape(sums(report))} {escape(coverage(report))}</p>',
            *_section("Open without credentials", _open(report)),
            *_section("Who can call what", _matrix(report)),
            *_section("Findings", _findings(report)),
            *_section("Not decided", _list(gaps(report))),
            *_section("Exempted", _exempted(report)),
            *_section("Notices", _list(report.notices)),
            "</body>",
            "</html>\n",
        ]
    )


def _section(title: str, content: Iterator[str]) -> list[str]:
    lines = list(content)
    return [f"<section><h2>{title}</h2>", *lines, "</section>"] if lines else []


def _open(report: Report) -> Iterator[str]:
    found = [one for one in report.operations if one.state in OPEN]
    if not found:
        yield "<p>Nothing that could be decided is open.</p>"
        return
    head = ("Operation", "Who is admitted", "The document says", "View")
    yield from _table(
        head, ((_operation(one), _state(one), _said(one), _view(one)) for one in found)
    )


def _state(access: Access) -> str:
    if access.state is State.PUBLIC:
        return "all callers"
    return "all callers; credentials are read"


def _said(access: Access) -> str:
    wrong = access.declared is Declared.SECURED
    return f'<span class="{"error" if wrong else "good"}">{access.declared.value}</span>'


def _matrix(report: Report) -> Iterator[str]:
    schemes = sorted({name for one in report.operations for name in one.schemes})
    yield (
        '<p class="dim">● accepted, and documented · ◐ accepted, not documented · '
        "○ documented, not accepted · ? not decided</p>"
    )
    head = ("Operation", "nothing", *schemes)
    rows = ([_operation(one), *_marks(one, schemes)] for one in report.operations)
    yield from _table(head, rows, marked=True)


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
        return f'<span class="dim">{"? ○" if documented else "?"}</span>'
    if documented and accepted:
        return '<span class="good">●</span>'
    if accepted:
        return '<span class="warning">◐</span>'
    return '<span class="error">○</span>' if documented else ""


def _findings(report: Report) -> Iterator[str]:
    for rule, found in groupby(sorted(report.findings, key=_by_rule), key=_rule):
        yield f"<h3>{escape(rule.id)} {escape(rule.name)}</h3>"
        yield f'<p class="dim">{_prose(rule.summary)}</p>'
        yield from _table(("", "Where", "What"), (_finding(one, report) for one in found))


def _prose(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _by_rule(finding: Finding) -> tuple[str, object]:
    return finding.rule.id, finding.order


def _rule(finding: Finding) -> Rule:
    return finding.rule


def _finding(finding: Finding, report: Report) -> tuple[str, ...]:
    label = finding.severity.label
    where = [f"<code>{escape(finding.place.label)}</code>"]
    found = report.locate(finding)
    where += [
        f'<code class="dim">{escape(str(one))}</code>' for one in (finding.place.view, found) if one
    ]
    what = escape(finding.message)
    if finding.suggestion:
        what += f"<pre><code>{escape(finding.suggestion)}</code></pre>"
    return f'<span class="{label}">{label}</span>', "<br>".join(where), what


def _exempted(report: Report) -> Iterator[str]:
    if report.exempted:
        rows = (
            (
                f"<code>{escape(one.finding.place.label)}</code>",
                escape(f"{one.finding.rule.id} {one.finding.rule.name}"),
                escape(one.reason),
            )
            for one in report.exempted
        )
        yield from _table(("Where", "Rule", "Reason"), rows)


def _operation(access: Access) -> str:
    method, path = escape(access.place.method.upper()), escape(access.place.path)
    return f'<code><span class="method">{method}</span> {path}</code>'


def _view(access: Access) -> str:
    return f'<code class="dim">{escape(access.place.view)}</code>'


def _table(
    head: Iterable[str], rows: Iterable[Iterable[str]], *, marked: bool = False
) -> Iterator[str]:
    """Yield a table; *head* is text, the cells of *rows* are HTML."""
    kind = ' class="mark"' if marked else ""
    titles = "".join(
        f'<th scope="col"{kind if at else ""}>{escape(title)}</th>' for at, title in enumerate(head)
    )
    yield f'<div class="wide"><table><thead><tr>{titles}</tr></thead><tbody>'
    for row in rows:
        cells = "".join(f"<td{kind if at else ''}>{cell}</td>" for at, cell in enumerate(row))
        yield f"<tr>{cells}</tr>"
    yield "</tbody></table></div>"


def _list(lines: Iterable[str]) -> Iterator[str]:
    found = [f"<li>{escape(line)}</li>" for line in lines]
    if found:
        yield f"<ul>{''.join(found)}</ul>"
