from __future__ import annotations

import re
from html.parser import HTMLParser

from authkit.schema.reporters.as_html import render

from tests.schema.reporters.reports import CLEAN, OPERATIONS, report

VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Collects text, and notices elements that are not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.text = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(rendered):
    reader = Reader()
    reader.feed(rendered)
    reader.close()
    assert reader.open == []
    return "".join(reader.text)


def rows_under(rendered, title):
    section = rendered.split(f"<h2>{title}</h2>")[1].split("</section>")[0]
    rows = re.findall("<tr>(.*?)</tr>", section)
    return [[read(cell) for cell in re.findall("<t[dh][^>]*>(.*?)</t[dh]>", row)] for row in rows]


def test_begins_with_what_is_open():
    rendered = render(report())
    assert rendered.index("Open without credentials") < rendered.index("Who can call what")
    assert rendered.index("Who can call what") < rendered.index("<h2>Findings")
    assert rows_under(rendered, "Open without credentials")[1:] == [
        ["POST /login/", "all callers", "secured", "shop.views.LoginView"]
    ]


def test_shows_every_operation_by_scheme():
    assert rows_under(render(report()), "Who can call what") == [
        ["Operation", "nothing", "apiKey", "jwtAuth"],
        ["POST /login/", "◐", "", "○"],
        ["GET /reports/", "", "◐", "●"],
        ["GET /broken/", "?", "?", "? ○"],
        ["GET /gone/", "? ○", "?", "?"],
    ]


def test_shows_the_findings_by_rule():
    rendered = render(report())
    headings = re.findall("<h3>(AK[0-9]+)", rendered)
    assert headings == ["AK105", "AK301", "AK401"]
    assert "permission_classes = [AllowAny]" in read(rendered)


def test_says_that_nothing_is_open():
    assert "Nothing that could be decided is open." in read(render(CLEAN))


def test_reaches_for_nothing_outside():
    rendered = render(report())
    assert not re.search(r"https?:|//|src=|<link|<script|@import|url\(", rendered)


def test_nothing_that_a_project_says_becomes_markup():
    text = read(render(report()))
    assert "100% <b>undocumented</b>" in text
    assert "ValueError: no <tenant>" in text
    assert "the <gateway> does it" in text


def test_names_every_operation_once_in_the_matrix():
    assert len(rows_under(render(report()), "Who can call what")) == len(OPERATIONS) + 1
