"""The audit, its reports and its command."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from authkit.schema.audit.run import audit, judge_truth
from authkit.schema.model.findings import Severity
from authkit.schema.model.source import Source, WrongUsage
from authkit.schema.rules import RULES, find_rule
from drf_spectacular.settings import patched_settings

from tests.schema.documents import (
    ProtectedView,
    report_on,
    route,
    truth_of,
)
from tests.schema.mixed import MIXED, STALE

PAGES = Path(__file__).parents[2] / "docs" / "schema" / "rules"
HEADINGS = [
    "## What it does",
    "## Why is this bad?",
    "## Example",
    "## Use instead",
    "## How to silence",
]


class TestReport:
    def test_counts_what_is_decided_undecided_and_unmapped(self):
        report = report_on(*MIXED, APPEND_PATHS=STALE)
        assert (len(report.operations), report.decided) == (4, 2)
        assert [item.place.label for item in report.undecided] == ["GET /raises/"]
        assert [item.place.label for item in report.unmapped] == ["GET /gone/"]

    def test_is_sorted_by_place_and_rule(self):
        findings = report_on(*MIXED[:2]).findings
        assert [(one.place.path, one.rule.id) for one in findings] == [
            ("/open/", "AK301"),
            ("/open/", "AK404"),
            ("/protected/", "AK401"),
        ]

    def test_knows_no_line_until_the_sources_are_looked_at(self):
        report = report_on(route(ProtectedView))
        assert [report.locate(one) for one in report.findings] == [None]

    def test_runs_the_rules_that_are_asked_for(self):
        assert judge_truth(truth_of(*MIXED), rules=[find_rule("AK304")]).findings == ()

    def test_reaches_a_level_if_a_finding_is_as_bad(self):
        report = report_on(route(ProtectedView))
        assert report.reaches(Severity.WARNING)
        assert not report.reaches(Severity.ERROR)


def test_the_audit_can_be_called_from_code(urlconf):
    with patched_settings({"POSTPROCESSING_HOOKS": []}):
        assert audit(Source(urlconf=urlconf(*MIXED))).decided == 2
        with pytest.raises(WrongUsage, match="nowhere"):
            audit(Source(urlconf="nowhere"))


#: How many rules there are of each kind; an id is never given to another rule.
CATALOGUE = {
    "AK10": range(1, 10),  # the document alone
    "AK11": range(1),
    "AK20": range(1, 8),  # authenticators and credentials
    "AK30": range(1, 10),  # who gets in
    "AK40": range(1, 5),  # refusals
    "AK50": range(1, 5),  # settings and committed documents
    "AK60": range(1, 3),  # what no document shows
}


class TestRules:
    def test_are_those_of_the_catalogue(self):
        catalogue = [f"{kind}{number}" for kind, numbers in CATALOGUE.items() for number in numbers]
        assert [rule.id for rule in RULES] == catalogue

    def test_have_ids_and_names_of_their_own_in_order(self):
        assert [rule.id for rule in RULES] == sorted({rule.id for rule in RULES})
        assert len({rule.name for rule in RULES}) == len(RULES)

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
    def test_stand_in_a_file_that_has_their_name(self, rule):
        module = rule.look.__module__
        assert module == f"authkit.schema.rules.{rule.name.replace('-', '_')}"
        assert rule.page == sys.modules[module].__doc__

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
    def test_have_a_page_that_says_it_all_in_the_same_order(self, rule):
        assert [line for line in rule.page.splitlines() if line.startswith("## ")] == HEADINGS

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
    def test_have_the_page_in_the_documentation(self, rule):
        written = (PAGES / f"{rule.id}.md").read_text()
        head = f"# {rule.id} {rule.name}\n\nSeverity: {rule.severity.label}\n\n"
        assert written == f"{head}{rule.page.strip()}\n"

    def test_are_all_in_the_list_of_the_documentation(self):
        lines = (PAGES.parent / "audit.md").read_text().splitlines()
        assert [line for line in lines if line.startswith("| [AK")] == [
            f"| [{rule.id}](rules/{rule.id}.md) | {rule.name} | {rule.severity.label} |"
            for rule in RULES
        ]

    def test_are_the_only_ones_with_a_page(self):
        pages = {page.stem for page in PAGES.glob("AK*.md")}
        assert pages == {rule.id for rule in RULES}
