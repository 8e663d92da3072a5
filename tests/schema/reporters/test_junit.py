from __future__ import annotations

from xml.etree import ElementTree

import pytest
from authkit.schema.model.audited_schema import Place
from authkit.schema.reporters.as_junit import render

from tests.schema.reporters.reports import CLEAN, FAILED, LOGIN, finding, report


def suite_of(rendered):
    root = ElementTree.fromstring(rendered.encode())
    assert root.tag == "testsuites"
    (suite,) = root
    return suite


def case(suite, name):
    return next(one for one in suite.iter("testcase") if one.get("name") == name)


def test_has_a_case_for_the_document_and_for_each_operation():
    suite = suite_of(render(report()))
    assert [one.get("name") for one in suite.iter("testcase")] == [
        "the document",
        "POST /login/",
        "GET /reports/",
        "GET /broken/",
        "GET /gone/",
    ]
    counts = ("tests", "failures", "errors", "skipped")
    assert [suite.get(count) for count in counts] == ["5", "2", "0", "2"]


def test_errors_come_first():
    reports, login = Place("/reports/", "get", "shop.views.ReportView"), LOGIN
    found = [finding("AK301", reports, "Open."), finding("AK401", login, "Undocumented.")]
    suite = suite_of(render(report(found, suppressions=())))
    names = [one.get("name") for one in suite.iter("testcase")]
    assert names == ["GET /reports/", "POST /login/", "the document", "GET /broken/", "GET /gone/"]


def test_errors_and_warnings_are_failures():
    login = case(suite_of(render(report())), "POST /login/")
    assert login.get("classname") == "shop.views.LoginView"
    assert [one.get("type") for one in login.iter("failure")] == ["AK301", "AK401"]
    assert login.find("failure").text == "AK301 declared-secured-but-open (error)"


def test_notes_are_output_and_exempted_findings_are_not_there():
    suite = suite_of(render(report(suppressions=())))
    reports = case(suite, "GET /reports/")
    assert reports.find("failure") is None
    assert reports.find("system-out").text.startswith("AK103 duplicate-requirement (note): 1 of 2")
    assert len(case(suite_of(render(report())), "GET /reports/")) == 0


def test_what_is_not_known_is_skipped_with_the_reason():
    suite = suite_of(render(report()))
    assert case(suite, "GET /broken/").find("skipped").get("message") == "ValueError: no <tenant>"
    assert case(suite, "GET /gone/").find("skipped").get("message").startswith("unmapped")
    assert suite.find("system-out").text == "4 operations: 2 decided, 1 undecided, 1 unmapped."


def test_what_no_xml_can_hold_is_replaced():
    rendered = render(report([finding("AK301", LOGIN, "a\x00b\ud800c & <d>")]))
    failure = case(suite_of(rendered), "POST /login/").find("failure")
    assert failure.get("message") == "a\ufffdb\ufffdc & <d>"


def test_a_clean_report_has_cases_without_failures():
    assert suite_of(render(CLEAN)).get("failures") == "0"


def test_what_is_found_beside_the_document_has_a_case_of_its_own():
    hidden = Place("/old/", "get", "shop.views.OldView")
    suite = suite_of(render(report([finding("AK601", hidden, "It is open.")])))
    assert suite.get("tests") == "6"
    assert "AK601" in case(suite, "GET /old/").find("system-out").text


#: What Jenkins' schema (junit-10.xsd) says of the elements that we write: the attributes that are
#: wanted, those that may be there, and the children in their order.
ELEMENTS = {
    "testsuites": ((), ("name", "tests", "failures", "errors"), ("testsuite",)),
    "testsuite": (
        ("name",),
        ("tests", "failures", "errors", "skipped"),
        ("testcase", "system-out"),
    ),
    "testcase": (("name", "classname"), (), ("failure", "skipped", "system-out")),
    "failure": ((), ("type", "message"), ()),
    "skipped": ((), ("message",), ()),
    "system-out": ((), (), ()),
}


@pytest.mark.parametrize(
    "of", [report(), report(suppressions=()), CLEAN], ids=["all", "notes", "clean"]
)
def test_follows_the_schema_of_jenkins(of):
    elements = list(ElementTree.fromstring(render(of).encode()).iter())
    assert len(elements) > 3
    for element in elements:
        wanted, allowed, children = ELEMENTS[element.tag]
        assert {*wanted} <= {*element.keys()} <= {*wanted, *allowed}, element.tag
        places = [children.index(child.tag) for child in element]
        assert places == sorted(places), element.tag
        for count in ("tests", "failures", "errors", "skipped"):
            assert element.get(count, "0").isdigit()


def test_the_counts_are_those_of_the_cases():
    suite = suite_of(render(report(suppressions=())))
    cases = list(suite.iter("testcase"))
    for count, child in (("failures", "failure"), ("skipped", "skipped")):
        assert suite.get(count) == str(sum(one.find(child) is not None for one in cases))
    assert suite.get("tests") == str(len(cases))


def test_a_failure_is_an_error():
    suite = suite_of(render(FAILED))
    assert (suite.get("tests"), suite.get("errors")) == ("2", "1")
    assert case(suite, "the audit").find("error").get("message") == FAILED.failure
