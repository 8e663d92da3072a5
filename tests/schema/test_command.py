"""``manage.py authkit_audit_schema``."""

from __future__ import annotations

import io
import json
import sys

import pytest
from authkit.schema.reporters import FORMATS
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import include, path
from drf_spectacular.settings import patched_settings
from rest_framework.permissions import BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.versioning import NamespaceVersioning
from rest_framework_api_key.permissions import HasAPIKey

from tests.schema.documents import HOOK, OpenView, ProtectedView, plain_schema, route, view
from tests.schema.projects.mixed import BROKEN_HOOK, MIXED, STALE


def run(*arguments, hooks=(), **patches):
    """Run the command; return what it printed and its exit status."""
    out = io.StringIO()
    with patched_settings({"POSTPROCESSING_HOOKS": list(hooks), **patches}):
        try:
            call_command("authkit_audit_schema", *arguments, stdout=out)
        except SystemExit as end:
            return out.getvalue(), end.code
    return out.getvalue(), 0


#: For --custom-settings.
WITH_SECURITY = {"SECURITY": [{"gateway": []}]}
NO_SETTINGS = {"NO_SUCH_SETTING": 1}


class Talkative(BasePermission):
    def has_permission(self, request, view):
        sys.stdout.write("who is it?")
        return False


class TestCommand:
    @pytest.mark.urls("tests.schema.projects.warning_free_urls")
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

    def test_lets_warnings_pass_unless_they_are_selected(self, urlconf):
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
        with pytest.raises(CommandError, match="The schema has no operations") as error:
            run("--urlconf", urlconf())
        assert error.value.returncode == 3

    def test_says_that_operations_belong_to_versions(self, urlconf, settings):
        versioned = view(OpenView, versioning_class=NamespaceVersioning)
        name = urlconf(path("v1/", include(([route(versioned)], "shop"), namespace="v1")))
        with pytest.raises(CommandError) as error:
            run("--urlconf", name)
        assert str(error.value) == (
            "The schema has no operations, so there is nothing to audit: the API has versions, and "
            "--api-version says which."
        )
        assert run("--urlconf", name, "--api-version", "v1")[1] == 0
        with pytest.raises(CommandError, match='the API may have no version "v2"'):
            run("--urlconf", name, "--api-version", "v2")

    def test_says_which_versions_are_allowed(self, urlconf, settings):
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "ALLOWED_VERSIONS": ["v1", "v2"]}
        versioned = view(OpenView, versioning_class=NamespaceVersioning)
        name = urlconf(path("v1/", include(([route(versioned)], "shop"), namespace="v1")))
        with pytest.raises(CommandError, match=r"--api-version says which \(one of v1, v2\)\."):
            run("--urlconf", name)

    def test_exits_3_if_nothing_could_be_decided(self, urlconf):
        with pytest.raises(CommandError, match="none could be decided") as error:
            run("--urlconf", urlconf(MIXED[2]))
        assert "(GET /raises/: undecided, ValueError: no tenant" in str(error.value)
        assert error.value.returncode == 3

    @pytest.mark.parametrize("form", FORMATS)
    @pytest.mark.parametrize("routes", [[], [MIXED[2]]], ids=["nothing", "undecided"])
    def test_there_is_a_report_in_every_format_all_the_same(self, urlconf, tmp_path, form, routes):
        file = tmp_path / "report"
        arguments = "--urlconf", urlconf(*routes), "--format", form, "--output", str(file)
        with pytest.raises(CommandError) as error:
            run(*arguments, "--exit-zero")
        assert error.value.returncode == 3
        said = "could be decided" if routes else "has no operations"
        assert said in str(error.value)
        assert said in file.read_text()
        assert "No schema" not in str(error.value)

    @pytest.mark.parametrize("form", FORMATS)
    def test_there_is_one_even_if_there_is_no_schema(self, urlconf, tmp_path, form):
        file = tmp_path / "report"
        name = urlconf(route(OpenView))
        with pytest.raises(CommandError, match=r"^No schema to audit: ") as error:
            run("--urlconf", name, "--format", form, "--output", str(file), hooks=[BROKEN_HOOK])
        assert error.value.returncode == 3
        assert "No schema to audit: drf-spectacular could not make it: KeyError" in file.read_text()

    def test_a_failure_of_the_audit_itself_is_no_finding(self, urlconf, monkeypatch):
        def fail(*args, **options):
            raise LookupError("a fault of ours")

        monkeypatch.setattr("authkit.management.commands.authkit_audit_schema.audit", fail)
        with pytest.raises(CommandError, match="LookupError: a fault of ours") as error:
            run("--urlconf", urlconf(route(OpenView)))
        assert error.value.returncode == 3

    def test_exits_3_if_no_view_could_be_found(self, urlconf):
        with pytest.raises(CommandError, match="none could be decided"):
            run("--urlconf", urlconf(), APPEND_PATHS=STALE)

    def test_exits_3_if_a_hook_of_the_project_fails(self, urlconf):
        with pytest.raises(CommandError, match="KeyError: 'paths'") as error:
            run("--urlconf", urlconf(route(OpenView)), hooks=[BROKEN_HOOK])
        assert error.value.returncode == 3

    def test_explains_a_rule(self):
        shown, status = run("--explain", "ak301")
        assert status == 0
        assert shown.startswith("AK301 declared-secured-but-open (error)\n\nThe document requires")

    def test_exits_2_if_there_is_no_rule_to_explain(self):
        with pytest.raises(CommandError, match='There is no rule "AK999"') as error:
            run("--explain", "AK999")
        assert error.value.returncode == 2


class TestSources:
    def test_a_file_is_audited_with_its_lines(self, urlconf, tmp_path):
        name = urlconf(*MIXED[:2])
        file = tmp_path / "openapi.json"
        file.write_text(json.dumps(plain_schema(*MIXED[:2]), indent=1))
        shown, status = run("--urlconf", name, "--schema", str(file), "--select", "AK301")
        line = next(
            number
            for number, text in enumerate(file.read_text().splitlines(), start=1)
            if text.startswith('   "get"')
        )
        assert status == 1
        assert f"    {file}:{line}" in shown.splitlines()

    def test_a_file_can_be_piped(self, urlconf, monkeypatch):
        document = json.dumps(plain_schema(MIXED[0]))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(document.encode())))
        shown, status = run("--urlconf", urlconf(MIXED[0]), "--schema", "-", "--select", "AK3")
        assert status == 1
        assert "    stdin:1" in shown

    def test_exits_2_if_there_is_no_such_file(self, urlconf):
        with pytest.raises(CommandError, match=r"nowhere\.yml cannot be read") as error:
            run("--urlconf", urlconf(*MIXED), "--schema", "nowhere.yml")
        assert error.value.returncode == 2

    @pytest.mark.parametrize(
        "option",
        ["--schema", "--urlconf", "--api-version", "--custom-settings", "--baseline", "--output"],
    )
    def test_exits_2_for_an_empty_argument(self, option):
        with pytest.raises(CommandError, match=f"argument {option}: nothing is given"):
            run(option, "")

    def test_exits_2_if_standard_input_is_closed(self, urlconf, monkeypatch):
        monkeypatch.setattr(sys, "stdin", None)
        with pytest.raises(CommandError, match="standard input is closed") as error:
            run("--urlconf", urlconf(*MIXED), "--schema", "-")
        assert error.value.returncode == 2

    @pytest.mark.parametrize("form", FORMATS)
    @pytest.mark.parametrize(
        "field",
        [
            "responses:",
            "responses: 3",
            "security: [{jwtAuth: 3}, {jwtAuth: [read]}]",
            "security: [{jwtAuth: [{}]}, {jwtAuth: [read]}]",
        ],
    )
    def test_fields_with_something_else_in_them_are_reported(self, urlconf, tmp_path, field, form):
        file = tmp_path / "openapi.yml"
        file.write_text(f"{{openapi: 3.0.3, paths: {{/thing/: {{get: {{\n{field}\n}}}}}}}}")
        source = "--urlconf", urlconf(route(ProtectedView)), "--schema", str(file)
        shown, status = run(*source, "--format", form)
        assert (bool(shown), status) == (True, 1)

    def test_exits_3_if_the_file_is_no_schema(self, urlconf, tmp_path):
        (tmp_path / "swagger.yml").write_text("swagger: '2.0'")
        with pytest.raises(CommandError, match=r"only OpenAPI 3 can be audited") as error:
            run("--urlconf", urlconf(*MIXED), "--schema", str(tmp_path / "swagger.yml"))
        assert error.value.returncode == 3

    def test_settings_can_be_put_over_those_of_the_project(self, urlconf):
        shown, status = run(
            "--urlconf", urlconf(route(ProtectedView)), "--select", "AK101",
            "--custom-settings", f"{__name__}.WITH_SECURITY",
        )  # fmt: skip
        assert status == 1
        assert 'The scheme "gateway" is required and not defined.' in shown

    @pytest.mark.parametrize("name", ["nowhere.SETTINGS", f"{__name__}.NO_SETTINGS", "json"])
    def test_exits_2_for_settings_that_are_none(self, urlconf, name):
        with pytest.raises(CommandError, match=f"{name} cannot be used as settings") as error:
            run("--urlconf", urlconf(*MIXED), "--custom-settings", name)
        assert error.value.returncode == 2


class Shop(BasePermission):
    """Admits callers that name the only shop."""

    def has_permission(self, request, view):
        if view.kwargs["shop"] != "berlin":
            raise KeyError("no such shop")
        return True


class Handled(OpenView):
    def get(self, request, **kwargs):
        raise PermissionDenied


class TestDepth:
    def state_of(self, urlconf, view_class, *arguments, at="thing/"):
        shown, _ = run(
            "--urlconf", urlconf(route(view_class, at)), "--format", "json", "--exit-zero",
            *arguments,
        )  # fmt: skip
        report = json.loads(shown)
        (operation,) = report["operations"]
        return report["context"]["tier"], operation["state"]

    def test_goes_no_deeper_than_it_is_told(self, urlconf):
        assert self.state_of(urlconf, ProtectedView, "--tier", "T1") == ("T1", "secured")

    def test_handlers_run_with_the_option(self, urlconf, db):
        assert self.state_of(urlconf, Handled) == ("T3", "public")
        assert self.state_of(urlconf, Handled, "--live")[0] == "T4"
        assert self.state_of(urlconf, Handled, "--live")[1] != "public"

    def test_placeholders_get_real_values(self, urlconf):
        named = (urlconf, view(permission_classes=[Shop]))
        at = {"at": "shops/<str:shop>/"}
        assert self.state_of(*named, "--param", "shop=berlin", **at)[1] == "optional"

    def test_exits_2_for_a_value_without_a_name(self, urlconf):
        with pytest.raises(CommandError, match="not written as NAME=VALUE"):
            run("--urlconf", urlconf(*MIXED), "--param", "berlin")

    def test_exits_2_if_a_database_may_not_be_read(self, urlconf, monkeypatch):
        monkeypatch.setitem(connection.settings_dict, "NAME", "shop")
        monkeypatch.setattr(connection, "vendor", "oracle")
        with pytest.raises(CommandError, match="say --allow-any-database") as error:
            run("--urlconf", urlconf(*MIXED), "--tier", "T2")
        assert error.value.returncode == 2


class TestRules:
    def test_some_can_be_selected_and_some_ignored(self, urlconf):
        name = urlconf(*MIXED)
        assert run("--urlconf", name, "--select", "AK4,AK1", "--fail-level", "warning")[1] == 1
        assert run("--urlconf", name, "--ignore", "ak301", "--ignore", "AK4")[1] == 0

    @pytest.mark.parametrize("option", ["--select", "--ignore"])
    def test_exits_2_for_an_unknown_rule(self, urlconf, option):
        with pytest.raises(CommandError, match='There is no rule "AK9"') as error:
            run("--urlconf", urlconf(*MIXED), option, "AK301,AK9")
        assert error.value.returncode == 2

    @pytest.mark.parametrize("arguments", [["--select", ""], ["--select", "AK3", "--ignore", "AK"]])
    def test_exits_2_if_no_rule_is_left(self, urlconf, arguments):
        with pytest.raises(CommandError, match="No rule is left to run") as error:
            run("--urlconf", urlconf(*MIXED), *arguments)
        assert error.value.returncode == 2

    def test_the_settings_exempt_with_a_reason(self, urlconf, settings):
        settings.AUTHKIT = {"SCHEMA_AUDIT_EXEMPTIONS": [{"rule": "AK301", "reason": "a log-in"}]}
        shown, status = run("--urlconf", urlconf(*MIXED), "--select", "AK301")
        assert (status, "1 finding exempted" in shown) == (0, True)

    def test_exits_2_for_an_exemption_without_a_reason(self, urlconf, settings):
        settings.AUTHKIT = {"SCHEMA_AUDIT_EXEMPTIONS": [{"rule": "AK301"}]}
        with pytest.raises(CommandError, match="has no reason") as error:
            run("--urlconf", urlconf(*MIXED))
        assert error.value.returncode == 2


class TestBaseline:
    def test_what_is_in_it_is_not_found_and_what_is_new_is(self, urlconf, tmp_path):
        file = str(tmp_path / "baseline.json")
        small, large = urlconf(MIXED[0], name="small"), urlconf(*MIXED, name="large")
        arguments = ("--baseline", file, "--select", "AK301,AK401", "--fail-level", "warning")
        shown, status = run("--urlconf", small, *arguments, "--update-baseline")
        assert status == 0
        assert f"{file}: 1 entry is written." in shown
        assert f"{file}: 1 entry has no reason yet." in shown
        assert run("--urlconf", small, *arguments)[1] == 0
        assert run("--urlconf", large, *arguments)[1] == 1

    def test_is_left_alone_if_nothing_could_be_decided(self, urlconf, tmp_path):
        file = tmp_path / "baseline.json"
        name = urlconf(MIXED[0])
        run("--urlconf", name, "--baseline", str(file), "--update-baseline")
        before = file.read_bytes()
        with pytest.raises(CommandError, match="none could be decided"):
            run(
                "--urlconf", urlconf(MIXED[2]), "--baseline", str(file), "--update-baseline",
                "--output", str(tmp_path / "report"),
            )  # fmt: skip
        assert file.read_bytes() == before
        assert "gone" not in (tmp_path / "report").read_text()

    def test_what_is_mended_is_told_and_removed(self, urlconf, tmp_path):
        file = tmp_path / "baseline.json"
        before = urlconf(MIXED[0], name="before")
        run("--urlconf", before, "--baseline", str(file), "--update-baseline", "--select", "AK301")
        after = ("--urlconf", urlconf(route(OpenView)), "--baseline", str(file))
        assert "1 entry is gone (AK301 GET /open/); --update" in run(*after)[0]
        run(*after, "--update-baseline")
        assert json.loads(file.read_text()) == {"version": 1, "findings": []}

    @pytest.mark.parametrize("content", [None, "{}", "rules: []"])
    def test_exits_2_if_it_cannot_be_read(self, urlconf, tmp_path, content):
        file = tmp_path / "baseline.json"
        if content:
            file.write_text(content)
        with pytest.raises(CommandError, match=r"baseline\.json") as error:
            run("--urlconf", urlconf(*MIXED), "--baseline", str(file))
        assert error.value.returncode == 2

    def test_exits_2_if_it_cannot_be_written(self, urlconf, tmp_path):
        file = str(tmp_path / "no" / "baseline.json")
        with pytest.raises(CommandError, match="cannot be written: No such file") as error:
            run("--urlconf", urlconf(*MIXED), "--baseline", file, "--update-baseline")
        assert error.value.returncode == 2

    def test_exits_2_if_there_is_none_to_update(self, urlconf):
        with pytest.raises(CommandError, match="--update-baseline needs a --baseline") as error:
            run("--urlconf", urlconf(*MIXED), "--update-baseline")
        assert error.value.returncode == 2


class TestFormats:
    @pytest.mark.parametrize("name", FORMATS)
    def test_each_is_the_same_bytes_again(self, name, urlconf, capsys):
        conf = urlconf(*MIXED)
        first = run("--urlconf", conf, "--format", name)
        assert run("--urlconf", conf, "--format", name) == first
        assert first[1] == 1
        assert capsys.readouterr() == ("", "")

    @pytest.mark.parametrize("name", FORMATS)
    def test_each_begins_with_errors(self, name, urlconf):
        protected, open_view = route(ProtectedView, "a/"), route(view(permission_classes=[]), "z/")
        shown, _ = run("--urlconf", urlconf(protected, open_view), "--format", name)
        shown = shown.partition('"results"')[2] or shown  # SARIF lists the rules before, by id
        assert 0 <= shown.find("AK301") < shown.find("AK401")

    def test_several_go_to_several_files_and_one_to_standard_output(self, urlconf, tmp_path):
        files = [tmp_path / "a.json", tmp_path / "a.sarif"]
        shown, _ = run(
            "--urlconf", urlconf(*MIXED), "--exit-zero",
            "--format", "json", "--format", "sarif", "--format", "text",
            "--output", str(files[0]), "--output", str(files[1]),
        )  # fmt: skip
        assert json.loads(files[0].read_text())["version"] == 1
        assert json.loads(files[1].read_text())["version"] == "2.1.0"
        assert "AK301 declared-secured-but-open" in shown

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (["--format", "json", "--format", "text"], "Only one format goes to standard output"),
            (["--output", "a", "--output", "b"], "an --output more than there are formats"),
        ],
    )
    def test_exits_2_if_they_do_not_fit(self, urlconf, arguments, reason):
        with pytest.raises(CommandError, match=reason) as error:
            run("--urlconf", urlconf(*MIXED), *arguments)
        assert error.value.returncode == 2

    def test_exits_2_if_one_cannot_be_written(self, urlconf, tmp_path):
        file = str(tmp_path / "no" / "report.json")
        with pytest.raises(CommandError, match=r"report\.json cannot be written") as error:
            run("--urlconf", urlconf(*MIXED), "--format", "json", "--output", file)
        assert error.value.returncode == 2

    @pytest.mark.parametrize("option", ["--verbose", "-v2"])
    def test_equal_findings_are_shown_one_by_one_with_the_option(self, urlconf, option):
        routes = [route(view(ProtectedView), f"{n}/") for n in range(7)]
        arguments = "--urlconf", urlconf(*routes), "--select", "AK401"
        assert "7 operations: AK401" in run(*arguments)[0]
        shown, _ = run(*arguments, option)
        assert shown.count(": AK401 reject-status-undocumented (warning)") == 7

    def test_suggestions_are_shown_with_the_option(self, urlconf):
        name = urlconf(route(ProtectedView))
        arguments = ("--urlconf", name, "--select", "AK101", "--format", "json", "--exit-zero")
        settings = {"SECURITY": [{"gateway": []}]}
        (plain,) = json.loads(run(*arguments, **settings)[0])["findings"]
        (helped,) = json.loads(run(*arguments, "--suggest", **settings)[0])["findings"]
        assert plain["suggestion"] is None
        assert '"securitySchemes": {"gateway": ' in helped["suggestion"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


class TestTerminal:
    def shown(self, urlconf, *arguments):
        terminal = Terminal()
        with patched_settings({"POSTPROCESSING_HOOKS": []}), pytest.raises(SystemExit):
            call_command(
                "authkit_audit_schema", "--urlconf", urlconf(*MIXED), *arguments,
                stdout=terminal, stderr=terminal,
            )  # fmt: skip
        return terminal.getvalue()

    def test_shows_progress_and_takes_it_away(self, urlconf):
        shown = self.shown(urlconf)
        stages = ["Making the schema ...", "Asking the views ...", "Judging ...", ""]
        assert shown.startswith("".join(f"\r\033[K{stage}" for stage in stages))

    def test_is_coloured_if_that_is_forced(self, urlconf):
        assert "\033[31;1mGET /open/: AK301" in self.shown(urlconf, "--force-color")

    def test_is_not_coloured_if_that_is_refused(self, urlconf, monkeypatch):
        assert "\033[31" not in self.shown(urlconf, "--no-color")
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\033[31" not in self.shown(urlconf)


class TestExitStatus:
    @pytest.mark.parametrize(
        ("limit", "status"), [("0", 3), ("1", 1), ("33%", 3), ("33.4%", 1), ("100%", 1)]
    )
    def test_is_3_if_more_is_undecided_than_allowed(self, urlconf, limit, status):
        name = urlconf(*MIXED)
        assert run("--urlconf", name, "--max-undecided", limit)[1] == status

    @pytest.mark.parametrize("limit", ["some", "-1", "1.5", "5%%", ""])
    def test_is_2_for_a_limit_that_is_none(self, urlconf, limit):
        with pytest.raises(CommandError, match="neither a number nor a percentage"):
            run("--urlconf", urlconf(*MIXED), f"--max-undecided={limit}")

    def test_can_be_0_whatever_is_found(self, urlconf):
        name = urlconf(*MIXED)
        assert run("--urlconf", name, "--exit-zero", "--max-undecided", "0")[1] == 0

    def test_has_a_level_of_notes(self, urlconf):
        twice = {"securitySchemes": {"unused": {"type": "http", "scheme": "basic"}}}
        arguments = ("--urlconf", urlconf(route(OpenView)), "--fail-level")
        assert run(*arguments, "note", APPEND_COMPONENTS=twice)[1] == 1
        assert run(*arguments, "warning", APPEND_COMPONENTS=twice)[1] == 0


class TestExplain:
    def test_an_operation(self, urlconf):
        either = view(ProtectedView, permission_classes=[IsAuthenticated | HasAPIKey, IsAdminUser])
        shown, status = run("--urlconf", urlconf(route(either)), "--explain", "get", "/thing/")
        assert status == 0
        assert shown.splitlines() == [
            "GET /thing/",
            '  documented      secured: [{"jwtAuth": []}]',
            "  view            tests.schema.documents.View",
            "  decided         secured (tier T0); anonymous callers are answered 401",
            "  accepted        jwtAuth",
            "  authenticators  rest_framework_simplejwt.authentication.JWTAuthentication (jwtAuth)",
            "  permissions     OR(rest_framework.permissions.IsAuthenticated, "
            "rest_framework_api_key.permissions.HasAPIKey) "
            "(anonymous: no, 401, user: yes, superuser: yes)",
            "                  rest_framework.permissions.IsAdminUser "
            "(anonymous: no, 401, user: no, 403, superuser: yes)",
        ]

    def test_a_refusal_whose_status_is_not_known(self, urlconf, settings):
        handler = {"EXCEPTION_HANDLER": "tests.schema.probe.test_decision.with_200"}
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, **handler}
        shown, _ = run("--urlconf", urlconf(route(ProtectedView)), "--explain", "GET", "/thing/")
        assert "secured (tier T0)\n" in shown
        assert "IsAuthenticated (anonymous: no, user: yes" in shown

    def test_an_operation_that_is_not_known(self, urlconf):
        shown, _ = run("--urlconf", urlconf(MIXED[2]), "--explain", "GET", "/raises/")
        assert "undecided: ValueError: no tenant" in shown
        assert "(anonymous: unknown, ValueError: no tenant (in " in shown

    def test_an_operation_without_a_view(self, urlconf):
        name = urlconf(route(OpenView))
        shown, _ = run("--urlconf", name, "--explain", "GET", "/gone/", APPEND_PATHS=STALE)
        assert shown.splitlines()[2] == "  view            none: no view of the project serves it"

    @pytest.mark.parametrize(
        ("subject", "reason"),
        [
            (["PUT", "/open/"], "The document has no operation PUT /open/"),
            (["GET", "/open/", "x"], "a rule, or a method and a path"),
        ],
    )
    def test_exits_2_for_anything_else(self, urlconf, subject, reason):
        with pytest.raises(CommandError, match=reason) as error:
            run("--urlconf", urlconf(*MIXED), "--explain", *subject)
        assert error.value.returncode == 2
