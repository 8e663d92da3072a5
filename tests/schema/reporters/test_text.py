from __future__ import annotations

from authkit.schema.reporters.as_text import coloured, render
from django.core.management.color import make_style

from tests.schema.reporters.reports import CLEAN, report


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
    assert "    shop/my views.py:7" in render(report(file="openapi.yaml")).splitlines()


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
