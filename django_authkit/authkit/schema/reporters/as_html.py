"""One page to read, filter, store and print: a picture, the findings by weight, who can call what.

It refers to no other resource, and its policy allows none: it can be opened offline.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from importlib.resources import files

from authkit.schema.reporters.html.access import matrix, open_operations
from authkit.schema.reporters.html.causes import Causes
from authkit.schema.reporters.html.markup import listing, operation, row, section, table
from authkit.schema.reporters.html.picture import filters, picture
from authkit.schema.reporters.sentences import NO_REASON, circumstances, conclusion, gaps
from authkit.schema.results.report import Report

PARTS = files("authkit.schema.reporters.html")


def render(report: Report) -> str:
    """Return the picture, the findings by weight, what is open, then every operation by view."""
    style, script = _part("page.css"), _part("filters.js")
    causes = Causes(report)
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            f'<head><meta charset="utf-8">{_policy(style, script)}',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Security of the API</title><style>{style}</style></head>",
            "<body>",
            "<h1>Security of the API</h1>",
            f'<p class="dim">{escape(circumstances(report))}</p>',
            f'<p class="{"sums failure" if report.failure else "sums"}">',
            "<br>".join(map(escape, conclusion(report))),
            "</p>",
            *picture(report),
            *filters(report),
            *section("Findings", causes.render()),
            *(_operations(report, causes) if report.operations else ()),
            *section("Not decided", listing(gaps(report))),
            *section("Exempted", _exempted(report)),
            *section("Notices", listing(report.notices)),
            f"<script>{script}</script>",
            "</body>",
            "</html>\n",
        ]
    )


def _operations(report: Report, causes: Causes) -> Iterator[str]:
    yield from section("Open without credentials", open_operations(report, causes))
    yield from section("Who can call what", matrix(report, causes), name="operations")


def _part(name: str) -> str:
    return "\n" + PARTS.joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Allow this style and this script, and nothing else: no address, no markup of a project."""
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _exempted(report: Report) -> Iterator[str]:
    if report.exempted:
        rows = (
            row(
                (
                    "<br>".join(operation(finding.place) for finding in found),
                    escape(f"{rule.id} {rule.name}"),
                    escape(reason or NO_REASON),
                )
            )
            for (rule, reason), found in report.exempted_by_reason.items()
        )
        yield from table(("Where", "Rule", "Reason"), ["<tbody>", *rows, "</tbody>"])
