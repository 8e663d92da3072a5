from __future__ import annotations

from dataclasses import replace

from authkit.schema.model.audited_schema import Place
from authkit.schema.reporters.as_text import coloured, render
from django.core.management.color import make_style

from tests.schema.reporters.reports import CLEAN, FAILED, FINDINGS, OPERATIONS, finding, report


def test_shows_findings_gaps_notices_and_sums():
    assert render(report()).splitlines() == [
        "the document: AK105 malformed-requirement (error)",
        "    null is not | a requirement.",
        "POST /login/: AK301 declared-secured-but-open (error)",
        "    The document requires a credential, and the view admits anonymous callers.",
        "    shop.views.LoginView",
        "        permission_classes = [AllowAny]",
        "POST /login/: AK401 reject-status-undocumented (warning)",
        "    100% <b>undocumented</b>, it is.",
        "    Really.",
        "    shop.views.LoginView",
        "",
        "GET /broken/: undecided, ValueError: no <tenant>",
        "GET /gone/: unmapped, no view serves it",
        "",
        'AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"][1] exempts nothing: remove it.',
        "",
        "2 errors, 1 warning, 0 notes. 1 finding exempted.",
        "4 operations: 2 decided, 1 undecided, 1 unmapped.",
    ]


def test_never_says_that_all_is_well_without_saying_how_much_was_seen():
    assert render(CLEAN) == ("No findings.\n1 operation: 1 decided, 0 undecided, 0 unmapped.\n")


def test_shows_the_lines_of_a_file():
    assert "    openapi.yaml:7" in render(report(file="openapi.yaml")).splitlines()


MANY = [
    finding("AK401", Place(f"/{n}/", "get", f"shop.views.View{n}"), "Not documented.")
    for n in range(7)
]


def test_equal_findings_are_one_with_their_number():
    assert render(report([*MANY, *FINDINGS[:1]], suppressions=())).splitlines()[:11] == [
        "the document: AK105 malformed-requirement (error)",
        "    null is not | a requirement.",
        "7 operations: AK401 reject-status-undocumented (warning)",
        "    Not documented.",
        *(f"    GET /{n}/ (shop.views.View{n})" for n in range(5)),
        "    and 2 more: --verbose shows them",
        "",
    ]


def test_equal_findings_have_the_lines_of_the_file():
    shown = render(report(MANY, file="openapi.yaml")).splitlines()
    assert "    GET /0/ (shop.views.View0, openapi.yaml:7)" in shown


def test_all_of_them_can_be_shown():
    shown = render(report(MANY).unfolded()).splitlines()
    assert [line for line in shown if "AK401" in line] == [
        f"GET /{n}/: AK401 reject-status-undocumented (warning)" for n in range(7)
    ]
    assert "--verbose" not in "".join(shown)


def test_what_is_found_twice_at_one_place_is_no_number_of_operations():
    twice = [finding("AK101", Place(), "Not defined.", subject=name) for name in "ab"]
    assert render(report(twice)).startswith("2 times: AK101 undefined-scheme (error)\n")


def test_equal_reasons_are_one_line():
    gaps = tuple(
        replace(OPERATIONS[2], place=Place(f"/{n}/", "get"), reason="asks the database")
        for n in range(1_200)
    )
    many = replace(CLEAN, operations=(*OPERATIONS, *gaps))
    line = "1,200 operations: undecided, asks the database ("
    assert f"{line}GET /0/, GET /1/, GET /2/, GET /3/, GET /4/ and 1,195 more)\n" in render(many)
    assert len(render(many).splitlines()) == 6
    assert "GET /1199/: undecided, asks the database\n" in render(many.unfolded())


def test_says_what_ends_most():
    remedied = replace(report(), remedy="The hook ends 2 of these: ...")
    assert render(remedied).splitlines()[-2] == "The hook ends 2 of these: ..."


def test_suggestions_can_be_left_out():
    assert "AllowAny" not in render(report().without_suggestions())


def test_colours_the_headings_and_nothing_else():
    plain = render(report())
    painted = coloured(plain, make_style("error=red;warning=yellow"))
    lines = zip(plain.splitlines(), painted.splitlines(), strict=True)
    changed = [before for before, after in lines if before != after]
    assert changed == [
        line for line in plain.splitlines() if line.endswith(("(error)", "(warning)"))
    ]


def test_a_failure_is_no_clean_report():
    assert render(FAILED).splitlines() == [
        "No schema to audit: <it> | could not be made.",
        "0 operations: 0 decided, 0 undecided, 0 unmapped.",
    ]
