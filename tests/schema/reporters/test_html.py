from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

from authkit.schema.model.audited_schema import Place
from authkit.schema.reporters.as_html import render

from tests.schema.reporters.reports import CLEAN, FAILED, LOGIN, OPEN, OPERATIONS, finding, report

VOID = {"meta", "br", "input"}


class Reader(HTMLParser):
    """Collects text, and notices elements that are not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.ids, self.links = [], [], set(), set()

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        attributes = dict(attrs)
        self.ids |= {attributes["id"]} if "id" in attributes else set()
        self.links |= {attributes["href"]} if "href" in attributes else set()

    def handle_startendtag(self, tag, attrs):
        """An element of SVG that closes itself."""

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def reader_of(rendered):
    reader = Reader()
    reader.feed(rendered)
    reader.close()
    assert reader.open == []
    return reader


def read(rendered):
    return "".join(reader_of(rendered).text)


def section(rendered, title):
    return rendered.split(f"<h2>{title}</h2>")[1].split("</section>")[0]


def rows_under(rendered, title):
    rows = re.findall("<tr[^>]*>(.*?)</tr>", section(rendered, title))
    return [[read(cell) for cell in re.findall("<t[dh][^>]*>(.*?)</t[dh]>", row)] for row in rows]


def test_begins_with_a_picture_then_the_findings_and_what_is_open():
    rendered = render(report())
    headings = re.findall("<h2>(.*?)</h2>", rendered)
    assert headings[:3] == ["Findings", "Open without credentials", "Who can call what"]
    assert rendered.index("<svg") < rendered.index("<h2>")


def test_the_picture_has_a_part_for_each_state():
    rendered = render(replace(report(), operations=OPERATIONS * 300))
    assert 'aria-label="300 public, 300 secured, 300 undecided, 300 unmapped"' in rendered
    widths = re.findall('<rect class="[a-z]+" x="[0-9.]+" width="([0-9.]+)"', rendered)
    assert widths == ["250.00"] * 4


def test_an_audit_of_nothing_has_no_picture():
    assert "<svg" not in render(replace(CLEAN, operations=()))


def test_what_is_open_alike_in_one_view_is_one_row():
    again = replace(OPERATIONS[0], place=replace(LOGIN, path="/log-in/"))
    rendered = render(replace(report(), operations=(*OPERATIONS, again)))
    assert rows_under(rendered, "Open without credentials")[1:] == [
        [
            "shop.views.LoginView",
            "POST /login/POST /log-in/",
            "all callers, no credential is read",
            "secured",
        ]
    ]


def test_shows_every_operation_by_view_and_scheme():
    assert rows_under(render(report()), "Who can call what") == [
        ["Operation", "Access", "nothing", "apiKey", "jwtAuth", "Findings"],
        ["shop.views.LoginView 1 operation: 1 public"],
        ["POST /login/", "public", "◐", "", "○", "AK301 AK401"],
        ["shop.views.ReportView 1 operation: 1 secured"],
        ["GET /reports/", "secured", "", "◐", "●", ""],
        ["shop.views.BrokenView 1 operation: 1 undecided"],
        ["GET /broken/", "undecided", "?", "?", "? ○", ""],
        ["no view 1 operation: 1 unmapped"],
        ["GET /gone/", "unmapped", "? ○", "?", "?", ""],
    ]


def test_operations_of_a_view_stand_together_whatever_their_paths():
    views = ["shop.A", "shop.B", "shop.A"]
    accesses = [
        replace(OPERATIONS[1], place=Place(f"/{n}/", "get", view)) for n, view in enumerate(views)
    ]
    rows = rows_under(render(replace(CLEAN, operations=tuple(accesses))), "Who can call what")
    assert [row[0] for row in rows[1:]] == [
        "shop.A 2 operations: 2 secured",
        "GET /0/",
        "GET /2/",
        "shop.B 1 operation: 1 secured",
        "GET /1/",
    ]


def test_shows_one_line_for_each_cause_the_heaviest_first():
    warnings = [
        finding("AK401", Place(f"/{n}/", "get", "shop.V"), "Undocumented.") for n in range(9)
    ]
    notes = [finding("AK404", Place(f"/{n}/", "get", "shop.V"), "A note.") for n in range(12)]
    errors = [finding("AK301", LOGIN, OPEN)]
    rendered = section(render(report([*notes, *warnings, *errors])), "Findings")
    assert [read(one) for one in re.findall("<summary>(.*?)</summary>", rendered)] == [
        f"error POST /login/ AK301 declared-secured-but-open: {OPEN}",
        "warning 9 operations AK401 reject-status-undocumented: Undocumented.",
        "note 12 operations AK404 optional-auth-lacks-401: A note.",
    ]
    assert rendered.count("shop.V<") == 2  # once for each cause, with its operations below
    assert all(f"/{n}/" in rendered for n in range(12))


def test_every_link_leads_to_a_place_on_the_page():
    reader = reader_of(render(report()))
    assert reader.links
    assert {f"#{name}" for name in reader.ids} >= reader.links


def test_says_that_nothing_is_open():
    assert "Nothing that could be decided is open." in read(render(CLEAN))


def without_policy(rendered):
    policy = '<meta http-equiv="Content-Security-Policy" content="([^"]*)">'
    (found,) = re.findall(policy, rendered)
    return re.sub(policy, "", rendered), found


def test_reaches_for_nothing_outside():
    rendered, _ = without_policy(render(report()))
    assert not re.search(r"https?:|//|src=|<link|@import|url\(|fetch|XMLHttp|import ", rendered)


def test_its_policy_allows_its_own_style_and_script_and_nothing_else():
    rendered, policy = without_policy(render(report()))
    allowed = dict(one.strip().split(" ", 1) for one in policy.split(";"))
    assert allowed.pop("default-src") == allowed["base-uri"] == allowed["form-action"] == "'none'"
    for tag in ("style", "script"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", rendered, re.DOTALL)
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert allowed[f"{tag}-src"] == f"'sha256-{digest}'"
    assert not re.search(r" (style|on[a-z]+)=", rendered)  # the policy would refuse these


def test_the_filters_know_every_state_on_the_page_and_stay_hidden_without_scripts():
    rendered = render(report())
    (form,) = re.findall("<form.*?</form>", rendered, re.DOTALL)
    assert form.startswith('<form class="filters" hidden>')
    boxes = set(re.findall('name="state" value="([a-z]+)" checked', form))
    assert boxes == set(re.findall('data-state="([a-z]+)"', rendered))
    faulty = re.findall('<tr data-state="[a-z]+" data-faulty="yes">(.*?)</td>', rendered)
    assert any("/login/" in one for one in faulty)
    assert not any("/broken/" in one for one in faulty)


def test_nothing_that_a_project_says_becomes_markup():
    text = read(render(report()))
    assert "100% <b>undocumented</b>" in text
    assert "ValueError: no <tenant>" in text
    assert "the <gateway> does it" in text


def test_a_view_cannot_leave_its_attribute():
    place = Place("/x/", "get", 'shop.<locals>."><script>alert(1)</script>')
    rendered = render(replace(CLEAN, operations=(replace(OPERATIONS[2], place=place),)))
    assert rendered.count("<script>") == 1
    assert "alert(1)" in read(rendered)


def test_a_failure_is_no_clean_report():
    text = read(render(FAILED))
    assert FAILED.failure in text
    assert "No findings" not in text
    assert "Nothing that could be decided is open" not in text
