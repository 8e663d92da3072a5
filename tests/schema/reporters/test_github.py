from __future__ import annotations

from authkit.schema.model.audited_schema import Place
from authkit.schema.reporters.as_github import render

from tests.schema.reporters.reports import FAILED, LOGIN, OPEN, finding, report


def test_every_finding_is_an_annotation():
    assert render(report()).splitlines() == [
        "::error title=AK105 malformed-requirement::the document: null is not | a requirement.",
        "::error file=shop/my views.py,line=7,title=AK301 declared-secured-but-open::POST /login/: "
        "The document requires a credential, and the view admits anonymous callers.",
        "::warning file=shop/my views.py,line=7,title=AK401 reject-status-undocumented::"
        "POST /login/: 100%25 <b>undocumented</b>, it is.%0AReally.",
        '::notice title=authkit::AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"][1] exempts nothing: remove it.',
        "GET /broken/: undecided, ValueError: no <tenant>",
        "GET /gone/: unmapped, no view serves it",
        "2 errors, 1 warning, 0 notes. 1 finding exempted.",
        "4 operations: 2 decided, 1 undecided, 1 unmapped.",
    ]


def test_equal_findings_are_one_annotation_with_some_of_the_lines():
    many = [finding("AK301", Place(f"/{n}/", "get", "shop.views.V"), OPEN) for n in range(1_200)]
    annotation, *_ = render(report(many)).splitlines()
    places = "%0A".join(f"GET /{n}/ (shop/my views.py:7)" for n in range(5))
    assert annotation == (
        "::error file=shop/my views.py,line=7,title=AK301 declared-secured-but-open::"
        f"1,200 operations: {OPEN}%0A{places}%0Aand 1,195 more"
    )
    assert render(report(many).unfolded()).count("::error ") == 1_200


def test_nothing_that_a_project_says_becomes_a_command():
    rendered = render(report([finding("AK301", LOGIN, "x\n::set-output name=a::b\r\n::debug::c")]))
    assert [line for line in rendered.splitlines() if "set-output" in line] == [
        "::error file=shop/my views.py,line=7,title=AK301 declared-secured-but-open::POST /login/: "
        "x%0A::set-output name=a::b%0D%0A::debug::c"
    ]


def test_a_failure_is_an_error():
    annotation, *rest = render(FAILED).splitlines()
    assert annotation == "::error title=authkit::No schema to audit: <it> | could not be made."
    assert "No findings" not in "".join(rest)
