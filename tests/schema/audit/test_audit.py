"""The audit, its reports and its command."""

from __future__ import annotations

import pytest
from authkit.schema.audit.run import apply_rules, audit
from authkit.schema.model.source import Source, WrongUsage
from authkit.schema.results.findings import Severity
from authkit.schema.rules import find_rule
from drf_spectacular.settings import patched_settings

from tests.schema.documents import (
    ProtectedView,
    audited_schema,
    report_on,
    route,
)
from tests.schema.projects.mixed import MIXED, STALE


class TestReport:
    def test_counts_what_is_decided_undecided_and_unmapped(self):
        report = report_on(*MIXED, APPEND_PATHS=STALE)
        assert (len(report.operations), report.decided) == (4, 2)
        assert [item.place.label for item in report.undecided] == ["GET /raises/"]
        assert [item.place.label for item in report.unmapped] == ["GET /gone/"]

    def test_has_errors_first_then_is_sorted_by_place_and_rule(self):
        findings = report_on(*MIXED[:2]).findings
        assert [(one.place.path, one.rule.id) for one in findings] == [
            ("/open/", "AK301"),
            ("/protected/", "AK401"),
            ("/open/", "AK404"),
        ]

    def test_knows_no_line_until_the_sources_are_looked_at(self):
        report = report_on(route(ProtectedView))
        assert [report.locate(one) for one in report.findings] == [None]

    def test_runs_the_rules_that_are_selected(self):
        assert apply_rules(audited_schema(*MIXED), rules=[find_rule("AK304")]).findings == ()

    def test_reaches_a_level_if_a_finding_is_as_bad(self):
        report = report_on(route(ProtectedView))
        assert report.reaches(Severity.WARNING)
        assert not report.reaches(Severity.ERROR)


def test_the_audit_can_be_called_from_code(urlconf):
    with patched_settings({"POSTPROCESSING_HOOKS": []}):
        assert audit(Source(urlconf=urlconf(*MIXED))).decided == 2
        with pytest.raises(WrongUsage, match="nowhere"):
            audit(Source(urlconf="nowhere"))
