"""The audit, its reports and its command."""

from __future__ import annotations

import io
import json
import sys
import types
from pathlib import Path

import pytest
from authkit.schema.audit import SchemaNotMade, audit, judge_truth
from authkit.schema.findings import Severity
from authkit.schema.reporters import REPORTERS, as_json, as_text
from authkit.schema.rules import RULES, find_rule
from django.core.management import CommandError, call_command
from drf_spectacular.settings import patched_settings
from rest_framework.permissions import BasePermission

from tests.schema.documents import (
    HOOK,
    OpenView,
    ProtectedView,
    report_on,
    route,
    truth_of,
    view,
)

PAGES = Path(__file__).parents[2] / "docs" / "schema" / "rules"
HEADINGS = ["## What it does", "## Why is this bad?", "## Example", "## Use instead"]


class Raises(BasePermission):
    def has_permission(self, request, view):
        raise ValueError("no tenant")


def broken_hook(result, **kwargs):
    raise KeyError("paths")


STALE = {"/gone/": {"get": {"operationId": "gone", "responses": {}}}}
MIXED = [
    route(view(permission_classes=[]), "open/"),
    route(ProtectedView, "protected/"),
    route(view(permission_classes=[Raises]), "raises/"),
]


@pytest.fixture
def urlconf(monkeypatch):
    """Return a function that makes a URLconf of these routes and returns its name."""

    def make(*routes, name="audited_urls"):
        module = types.ModuleType(name)
        module.urlpatterns = list(routes)
        monkeypatch.setitem(sys.modules, name, module)
        return name

    return make


def run(*arguments, hooks=(), **patches):
    """Run the command; return what it printed and its exit status."""
    out = io.StringIO()
    with patched_settings({"POSTPROCESSING_HOOKS": list(hooks), **patches}):
        try:
            call_command("authkit_audit_schema", *arguments, stdout=out)
        except SystemExit as end:
            return out.getvalue(), end.code
    return out.getvalue(), 0


class TestReport:
    def test_counts_what_is_decided_undecided_and_unmapped(self):
        report = report_on(*MIXED, APPEND_PATHS=STALE)
        assert (report.operations, report.decided) == (4, 2)
        assert [item.place.label for item in report.undecided] == ["GET /raises/"]
        assert [place.label for place in report.unmapped] == ["GET /gone/"]

    def test_is_sorted_by_place_and_rule(self):
        findings = report_on(*MIXED).findings
        assert [(one.place.path, one.rule.id) for one in findings] == [
            ("/open/", "AK301"),
            ("/protected/", "AK401"),
        ]

    def test_runs_the_rules_that_are_asked_for(self):
        assert judge_truth(truth_of(*MIXED), rules=[find_rule("AK304")]).findings == ()

    def test_reaches_a_level_if_a_finding_is_as_bad(self):
        report = report_on(route(ProtectedView))
        assert report.reaches(Severity.WARNING)
        assert not report.reaches(Severity.ERROR)


class TestText:
    def test_shows_findings_gaps_and_sums(self):
        assert as_text.render(report_on(*MIXED, APPEND_PATHS=STALE)).splitlines() == [
            "GET /open/: AK301 declared-secured-but-open (error)",
            "    The document demands a credential, and the view lets anybody in.",
            "    tests.schema.documents.View",
            "GET /protected/: AK401 reject-status-undocumented (warning)",
            "    Anonymous callers are answered 401, which is not documented.",
            "    tests.schema.documents.ProtectedView",
            "",
            "GET /raises/: undecided, ValueError: no tenant",
            "GET /gone/: unmapped, no view serves it",
            "",
            "1 error, 1 warning.",
            "4 operations: 2 decided, 1 undecided, 1 unmapped.",
        ]

    def test_never_says_that_all_is_well_without_saying_how_much_was_seen(self):
        assert as_text.render(report_on(route(OpenView))).splitlines() == [
            "No findings.",
            "1 operation: 1 decided, 0 undecided, 0 unmapped.",
        ]

    def test_shows_findings_about_the_document_without_a_view(self):
        def change(document):
            document["security"] = [None]

        shown = as_text.render(report_on(route(OpenView), change=change)).splitlines()
        assert shown[:3] == [
            "the document: AK105 malformed-requirement (error)",
            "    null is not a security requirement.",
            "",
        ]


class TestJSON:
    def test_carries_a_version_and_all_of_the_report(self):
        assert json.loads(as_json.render(report_on(*MIXED[::2], APPEND_PATHS=STALE))) == {
            "version": 1,
            "coverage": {
                "operations": 3,
                "decided": 1,
                "undecided": [
                    {
                        "method": "get",
                        "path": "/raises/",
                        "view": "tests.schema.documents.View",
                        "reason": "ValueError: no tenant",
                    }
                ],
                "unmapped": [{"method": "get", "path": "/gone/", "view": None}],
            },
            "findings": [
                {
                    "rule": "AK301",
                    "name": "declared-secured-but-open",
                    "severity": "error",
                    "method": "get",
                    "path": "/open/",
                    "view": "tests.schema.documents.View",
                    "message": "The document demands a credential, and the view lets anybody in.",
                }
            ],
        }


class Talkative(BasePermission):
    def has_permission(self, request, view):
        sys.stdout.write("who is it?")
        return False


class TestCommand:
    @pytest.mark.urls("tests.schema.warning_free_urls")
    def test_audits_the_root_urlconf_by_default(self):
        shown, status = run()
        assert shown.splitlines()[-1] == "8 operations: 8 decided, 0 undecided, 0 unmapped."
        assert status == 0

    def test_keeps_what_the_project_prints_out_of_the_report(self, urlconf, capsys):
        name = urlconf(route(view(permission_classes=[Talkative])))
        shown, _ = run("--urlconf", name, "--format", "json")
        assert json.loads(shown)["version"] == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "who is it?" in captured.err

    def test_exits_0_if_nothing_is_found(self, urlconf):
        shown, status = run("--urlconf", urlconf(route(OpenView)))
        assert shown == "No findings.\n1 operation: 1 decided, 0 undecided, 0 unmapped.\n"
        assert status == 0

    def test_exits_1_if_something_is_found(self, urlconf):
        shown, status = run("--urlconf", urlconf(*MIXED))
        assert status == 1
        assert "AK301" in shown

    def test_prints_nothing_but_the_report(self, urlconf, capsys):
        shown, _ = run("--urlconf", urlconf(*MIXED), "--format", "json")
        assert json.loads(shown)["version"] == 1
        assert capsys.readouterr() == ("", "")

    def test_prints_the_same_bytes_again(self, urlconf):
        name = urlconf(*MIXED)
        assert run("--urlconf", name) == run("--urlconf", name)

    def test_lets_warnings_pass_unless_they_are_asked_for(self, urlconf):
        name = urlconf(route(ProtectedView))
        assert run("--urlconf", name)[1] == 0
        assert run("--urlconf", name, "--fail-level", "warning")[1] == 1

    def test_judges_what_the_hooks_of_the_project_made_of_the_document(self, urlconf):
        name = urlconf(*MIXED)
        assert run("--urlconf", name, "--fail-level", "warning", hooks=[HOOK])[1] == 0

    def test_audits_one_version_of_a_versioned_api(self, urlconf):
        with pytest.raises(CommandError) as error:
            run("--urlconf", urlconf(), "--api-version", "v1")
        assert error.value.returncode == 3

    @pytest.mark.parametrize("name", ["nowhere", "tests.nowhere.urls", "nowhere.at.all"])
    def test_exits_2_if_there_is_no_such_urlconf(self, name):
        with pytest.raises(CommandError, match=f'There is no URLconf "{name}"') as error:
            run("--urlconf", name)
        assert error.value.returncode == 2

    def test_exits_2_for_an_unknown_format(self):
        with pytest.raises(CommandError, match="invalid choice"):
            run("--format", "yaml")

    @pytest.mark.parametrize("source", ["import nothing_of_this_name", "1 / 0"])
    def test_exits_3_if_the_urlconf_cannot_be_imported(self, source, tmp_path, monkeypatch):
        (tmp_path / "failing_urls.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        with pytest.raises(CommandError, match="drf-spectacular could not make it") as error:
            run("--urlconf", "failing_urls")
        assert error.value.returncode == 3

    def test_exits_3_if_there_is_nothing_to_audit(self, urlconf):
        with pytest.raises(CommandError, match="it has no operations") as error:
            run("--urlconf", urlconf())
        assert error.value.returncode == 3

    def test_exits_3_if_nothing_could_be_decided(self, urlconf):
        with pytest.raises(
            CommandError, match=r"none could be decided \(GET /raises/: ValueError: no tenant\)"
        ) as error:
            run("--urlconf", urlconf(MIXED[2]))
        assert error.value.returncode == 3

    def test_exits_3_if_no_view_could_be_found(self, urlconf):
        with pytest.raises(CommandError, match="none could be decided"):
            run("--urlconf", urlconf(), APPEND_PATHS=STALE)

    def test_exits_3_if_a_hook_of_the_project_fails(self, urlconf):
        with pytest.raises(CommandError, match="KeyError: 'paths'") as error:
            run("--urlconf", urlconf(route(OpenView)), hooks=[f"{__name__}.broken_hook"])
        assert error.value.returncode == 3

    def test_explains_a_rule(self):
        shown, status = run("--explain", "ak301")
        assert status == 0
        assert shown.startswith("AK301 declared-secured-but-open (error)\n\nThe document demands")

    def test_exits_2_if_there_is_no_rule_to_explain(self):
        with pytest.raises(CommandError, match='There is no rule "AK999"') as error:
            run("--explain", "AK999")
        assert error.value.returncode == 2


def test_the_audit_can_be_called_from_code(urlconf):
    with patched_settings({"POSTPROCESSING_HOOKS": []}):
        assert audit(urlconf=urlconf(*MIXED)).decided == 2
        with pytest.raises(SchemaNotMade, match="ModuleNotFoundError"):
            audit(urlconf="nowhere")


class TestRules:
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

    def test_are_the_only_ones_with_a_page(self):
        pages = {page.stem for page in PAGES.glob("AK*.md")}
        assert pages == {rule.id for rule in RULES}


def test_every_format_has_a_reporter():
    assert sorted(REPORTERS) == ["json", "text"]
