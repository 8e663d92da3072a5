"""The comment on what a change opened or closed, against a revision and between reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import authkit
import pytest
from authkit.schema.reporters.comment import MARKER, render
from authkit.schema.results.changes import Comparison
from django.core.management import CommandError
from markdown_it import MarkdownIt

from tests.schema.documents import OpenView, ProtectedView, route, view
from tests.schema.projects.mixed import MIXED
from tests.schema.results.test_changes import CLOSED, KEYS, OPTIONAL, PUBLIC, SECURED, UNDECIDED
from tests.schema.test_command import run
from tests.schema.test_module import SETTINGS, URLS


def comment(before, now):
    return render(Comparison.of("main", before, now)).splitlines()


def at(path, method="get"):
    return method, path


class TestComment:
    def test_begins_with_what_was_opened(self):
        before = {at("/a/"): SECURED, at("/b/"): SECURED, at("/c/"): CLOSED, at("/d/"): PUBLIC}
        now = {at("/a/"): PUBLIC, at("/b/"): PUBLIC, at("/c/"): OPTIONAL, at("/d/"): SECURED}
        assert comment(before, now | {at("/new/", "post"): PUBLIC}) == [
            MARKER,
            "### Who can call the API",
            "",
            "**2 operations became public.** **1 operation became optional.** "
            "**1 new operation is open.** 1 operation became secured.",
            "",
            "| operation | main | now |",
            "|---|---|---|",
            "| GET /a/ | secured (jwtAuth) | public |",
            "| GET /b/ | secured (jwtAuth) | public |",
            "| GET /c/ | closed | optional (jwtAuth) |",
            "| POST /new/ | not there | public |",
            "| GET /d/ | public | secured (jwtAuth) |",
            "",
            "5 operations compared.",
        ]

    def test_says_that_nothing_was_opened_and_how_much_was_compared(self):
        before = {at("/a/"): SECURED, at("/b/"): UNDECIDED, at("/gone/"): PUBLIC}
        now = {at("/a/"): SECURED, at("/b/"): PUBLIC, at("/new/"): SECURED}
        assert comment(before, now)[3:] == [
            "No operation was opened or closed.",
            "",
            "3 operations compared, 1 new and not open, 1 removed, 1 not comparable, because "
            "undecided before or now.",
        ]

    def test_other_credentials_are_neither_opened_nor_closed(self):
        lines = comment({at("/a/"): SECURED}, {at("/a/"): KEYS})
        assert lines[3] == (
            "No operation was opened or closed. 1 operation accepts other credentials."
        )
        assert "| GET /a/ | secured (jwtAuth) | secured (jwtAuth or apiKey) |" in lines

    def test_fits_into_a_comment_whatever_changed(self):
        many = {at(f"/{n}/{'x' * 200}/"): SECURED for n in range(2_000)}
        text = "\n".join(comment(many, dict.fromkeys(many, PUBLIC)))
        assert "**2,000 operations became public.**" in text
        assert "| and 1,950 more | | |" in text
        assert len(text) < 65_536

    def test_nothing_that_a_project_says_becomes_markup(self):
        text = "\n".join(comment({}, {at("/<img src=x>|*a*/"): PUBLIC}))
        html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
        assert "<img" not in html
        assert "GET /&lt;img src=x&gt;|*a*/" in html


class TestReports:
    def report(self, urlconf, tmp_path, name, *routes):
        file = tmp_path / name
        conf = urlconf(*routes, name=f"urls_of_{name.partition('.')[0]}")
        run("--urlconf", conf, "--format", "json", "--output", str(file), "--exit-zero")
        return str(file), conf

    def test_two_are_compared_with_each_other(self, urlconf, tmp_path):
        before, _ = self.report(urlconf, tmp_path, "a.json", route(ProtectedView))
        now, _ = self.report(urlconf, tmp_path, "b.json", route(view(OpenView)))
        shown, status = run("--changed-since", before, now)
        assert status == 0
        assert "**1 operation became public.**" in shown
        assert "| GET /thing/ | secured (jwtAuth) | public |" in shown

    def test_one_is_compared_with_the_project(self, urlconf, tmp_path):
        before, _ = self.report(urlconf, tmp_path, "a.json", route(OpenView))
        file = tmp_path / "comment.md"
        now = urlconf(route(ProtectedView))
        shown, status = run("--changed-since", before, "--urlconf", now, "--output", str(file))
        assert (shown, status) == ("", 0)
        assert "1 operation became secured." in file.read_text()

    @pytest.mark.parametrize(
        "content",
        ["", "[]", "{}", '{"version": 1}', '{"version": 2, "operations": []}', "[" * 100_000,
         '{"version": 1, "operations": [{"method": "get", "path": "/", "state": "ajar"}]}',
         '{"version": 1, "operations": [3]}', b"\xff"],
        ids=range(9),
    )  # fmt: skip
    def test_exits_2_for_a_file_that_is_none(self, urlconf, tmp_path, content):
        file = tmp_path / "report.json"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(CommandError, match=r"report\.json (is no report|cannot be r)") as error:
            run("--changed-since", str(file), "--urlconf", urlconf(route(OpenView)))
        assert error.value.returncode == 2

    def test_exits_2_for_a_report_on_nothing(self, urlconf, tmp_path):
        file = tmp_path / "failed.json"
        with pytest.raises(CommandError, match="no operations"):
            run("--urlconf", urlconf(), "--format", "json", "--output", str(file))
        with pytest.raises(CommandError, match=r"failed\.json is no audit: The schema has no op"):
            run("--changed-since", str(file), "--urlconf", urlconf(route(OpenView)))

    def test_exits_3_if_the_project_cannot_be_audited(self, urlconf, tmp_path):
        before, _ = self.report(urlconf, tmp_path, "a.json", route(OpenView))
        with pytest.raises(CommandError, match=r"^Of the operations of the") as error:
            run("--changed-since", before, "--urlconf", urlconf(MIXED[2]))
        assert error.value.returncode == 3

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["a", "b", "c"], "a revision, a report, or two reports"),
            (["nowhere/at-all"], 'neither a file nor a revision "nowhere/at-all"'),
            (["a", "--format", "json"], "its format is Markdown"),
            (["a", "--schema", "openapi.yml"], "goes without --schema"),
            (["a", "b"], "a cannot be read"),
        ],
    )
    def test_exits_2_for_what_cannot_be_compared(self, arguments, said):
        with pytest.raises(CommandError, match=said) as error:
            run("--changed-since", *arguments)
        assert error.value.returncode == 2


OPENED = URLS.replace("permission_classes = []", "permission_classes = [IsAuthenticated]").replace(
    "from rest_framework.views", "from rest_framework.permissions import IsAuthenticated\n"
    "from rest_framework.views",
)  # fmt: skip


@pytest.mark.by_itself
@pytest.mark.slow
class TestRevisions:
    """A repository whose project lies in a folder, is guarded on ``main``, and open in the tree."""

    @pytest.fixture
    def project(self, tmp_path):
        folder = tmp_path / "backend"
        folder.mkdir()
        self.git(tmp_path, "init", "--quiet", "--initial-branch", "main")
        (tmp_path / ".gitignore").write_text("*.sqlite3\n")
        settings = SETTINGS.replace(
            '":memory:"', 'str(__import__("pathlib").Path(__file__).parent / "db.sqlite3")'
        )
        (folder / "shop_settings.py").write_text(settings)
        (folder / "shop_urls.py").write_text(OPENED)
        self.commit(tmp_path, "guarded")
        (folder / "shop_urls.py").write_text(URLS)
        (folder / "db.sqlite3").touch()
        return folder

    def git(self, folder, *arguments):
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        ended = subprocess.run(
            ["git", *identity, *arguments],
            cwd=folder,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
            check=True,
            capture_output=True,
            text=True,
        )
        return ended.stdout

    def commit(self, folder, message):
        self.git(folder, "add", "--all")
        self.git(folder, "commit", "--quiet", "--message", message)

    def run(self, folder, *arguments, path=None):
        root = Path(authkit.__file__).parents[1]
        python_path = os.pathsep.join(map(str, [root, path] if path else [root]))
        return subprocess.run(
            [sys.executable, "-m", "authkit.schema", "--settings", "shop_settings", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": python_path, "COLUMNS": "100"},
            capture_output=True,
            text=True,
        )

    def test_the_work_tree_is_compared_with_a_revision(self, project):
        ended = self.run(project, "--changed-since", "HEAD")
        assert (ended.returncode, ended.stderr) == (0, "")
        commit = self.git(project, "rev-parse", "HEAD")[:10]
        assert "**1 operation became optional.**" in ended.stdout
        assert f"| operation | {commit} | now |" in ended.stdout
        assert "| POST /login/ | secured (basicAuth) | optional (basicAuth) |" in ended.stdout
        assert ended.stdout.endswith("\n1 operation compared.\n")

    def test_the_repository_stays_as_it_is(self, project):
        before = {*project.parent.rglob("*")}
        self.run(project, "--changed-since", "HEAD")
        ours = {path for path in project.parent.rglob("*") if "__pycache__" not in path.parts}
        assert (
            self.git(project, "status", "--porcelain").splitlines()[0] == " M backend/shop_urls.py"
        )
        assert {path for path in ours if ".git" not in path.parts} <= before
        assert not (project.parent / ".git" / "worktrees").exists()

    def test_what_the_other_branch_got_since_is_no_change_of_this_one(self, project):
        self.git(project, "stash", "--quiet")
        self.git(project, "checkout", "--quiet", "-b", "feature")
        self.git(project, "checkout", "--quiet", "main")
        more = OPENED.replace(
            "urlpatterns = [", "urlpatterns = [path('more/', LoginView.as_view()), "
        )
        (project / "shop_urls.py").write_text(more)
        self.commit(project, "more")
        self.git(project, "checkout", "--quiet", "feature")
        ended = self.run(project, "--changed-since", "main")
        assert "No operation was opened or closed." in ended.stdout
        assert "removed" not in ended.stdout

    def test_what_is_found_in_the_work_tree_by_another_path_is_the_earlier_one_too(self, project):
        source = project.parent / "src"
        source.mkdir()
        self.git(project, "mv", "shop_urls.py", "../src/shop_urls.py")
        (source / "shop_urls.py").write_text(OPENED)
        self.commit(project, "moved")
        (source / "shop_urls.py").write_text(URLS)
        ended = self.run(project, "--changed-since", "HEAD", path=source)
        assert "became optional" in ended.stdout

    def test_exits_2_with_the_error_of_a_revision_that_cannot_be_audited(self, project):
        (project / "shop_settings.py").write_text(SETTINGS + "\n1 / 0\n")
        self.commit(project, "broken")
        (project / "shop_settings.py").write_text(SETTINGS)
        ended = self.run(project, "--changed-since", "HEAD")
        assert (ended.returncode, ended.stdout) == (2, "")
        said = "could not be audited: Django cannot start: ZeroDivisionError: division by zero"
        assert said in ended.stderr

    def test_an_option_is_no_revision(self, project):
        ended = self.run(project, "--changed-since=--output=pwned")
        assert ended.returncode == 2
        assert "There is no revision" in ended.stderr


def test_the_json_of_a_report_has_what_is_compared(urlconf, tmp_path):
    file = tmp_path / "a.json"
    run("--urlconf", urlconf(route(ProtectedView)), "--format", "json", "--output", str(file))
    (operation,) = json.loads(file.read_text())["operations"]
    assert operation.keys() >= {"method", "path", "state", "accepted"}
