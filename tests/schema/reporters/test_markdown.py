from __future__ import annotations

from dataclasses import replace

from authkit.schema.model.audited_schema import Place
from authkit.schema.reporters.as_markdown import render
from authkit.schema.results.report import Exempted
from markdown_it import MarkdownIt

from tests.schema.reporters.reports import CLEAN, FAILED, finding, report


def html_of(rendered):
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(rendered)


def test_has_the_sums_the_findings_and_the_gaps():
    html = html_of(render(report()))
    headings = ["Findings", "Open without credentials", "Not decided", "Exempted", "Notices"]
    assert [line[4:-5] for line in html.splitlines() if line.startswith("<h2>")] == headings
    assert "2 errors, 1 warning, 0 notes." in html
    assert "settings shop.settings, DEBUG on, tier T2" in html
    assert html.count("<tr>") == 4


def test_equal_findings_are_one_row():
    many = [finding("AK401", Place(f"/{n}/", "get"), "Not documented.") for n in range(7)]
    (row,) = [line for line in render(report(many)).splitlines() if "AK401" in line]
    labels = "<br>".join(f"GET /{n}/" for n in range(5))
    assert row == (
        "| warning | AK401 reject-status-undocumented "
        f"| 7 operations<br>{labels}<br>and 2 more | Not documented. |"
    )
    assert render(report(many).unfolded()).count("| AK401 ") == 7


def test_what_stays_for_one_reason_is_one_line():
    known = [
        Exempted(finding("AK401", Place(f"/{n}/", "get"), "Not documented."), reason)
        for n, reason in enumerate([""] * 157 + ["the gateway"])
    ]
    rendered = render(replace(report(), exempted=tuple(known)))
    assert rendered.partition("## Exempted\n\n")[2].splitlines()[:3] == [
        "- GET /0/, GET /1/, GET /2/, GET /3/, GET /4/ and 152 more: "
        "AK401 reject-status-undocumented (no reason yet)",
        "- GET /157/: AK401 reject-status-undocumented (the gateway)",
        "",
    ]


def test_nothing_that_a_project_says_becomes_markup():
    html = html_of(render(report()))
    assert "100% &lt;b&gt;undocumented&lt;/b&gt;" in html
    assert "null is not | a requirement." in html
    assert "<b>" not in html


def test_a_clean_report_has_no_empty_sections():
    assert "##" not in render(CLEAN)


def test_a_failure_is_no_clean_report():
    html = html_of(render(FAILED))
    assert "No schema to audit: &lt;it&gt; | could not be made." in html
    assert "No findings" not in html
