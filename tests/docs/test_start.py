"""README and Getting started, typed into an empty folder; and how much is typed."""

import re
import shutil

import pytest

from tests.docs.new_project import NewProject
from tests.docs.pages import STARTS

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
by_page = pytest.mark.parametrize("page", STARTS, ids=lambda page: page.stem)

EMPTY_PROJECT = "# mysite/settings.py, at its end\n"
OWN_PROJECT = "# settings.py of a project with REST framework and drf-spectacular, at its end\n"

#: What the quick starts of the two add to the settings of `startproject`.
OTHERS = """
INSTALLED_APPS += ["rest_framework", "drf_spectacular"]
REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {"TITLE": "Shop", "VERSION": "1"}
"""
URLS = """
from django.urls import include, path

urlpatterns = [path("api/v1/auth/", include("authkit.urls"))]
"""


def settings_block(page, first_line):
    [block] = re.findall(rf"^```python\n{first_line}(.*?)^```$", page.read_text(), re.M | re.S)
    return block


def lines_of(block):
    """Count what is typed; `make lint` holds the pages to ruff's format at 100 columns."""
    return len([line for line in block.splitlines() if line.strip()])


@pytest.mark.slow
@needs_curl
@by_page
def test_what_the_page_says_works_in_an_empty_folder(page, tmp_path):
    with NewProject(tmp_path) as project:
        project.follow(page)
        assert project.server.poll() is None


@pytest.mark.parametrize(
    ("status", "printed", "shown"),
    [
        (0, "Anything.\n", ""),
        (0, "One.\nTwo.\n", "One.\nTwo.\n"),
        (1, "Before.\nOne, and its rest.\nAfter.\n", "...\nOne...\n...\n"),
    ],
    ids=["nothing is shown", "all is shown", "a part is shown"],
)
def test_if_a_command_prints_what_is_shown_then_the_page_is_right(tmp_path, status, printed, shown):
    NewProject(tmp_path).compare_lines("command", status, printed, shown)


@pytest.mark.parametrize(
    ("status", "printed", "shown"),
    [(1, "Failed.\n", ""), (0, "One.\nTwo.\n", "One.\n"), (0, "Two.\n", "One.\n")],
    ids=["it fails", "it prints more", "it prints something else"],
)
def test_if_a_command_does_something_else_then_the_page_is_wrong(tmp_path, status, printed, shown):
    with pytest.raises(AssertionError):
        NewProject(tmp_path).compare_lines("command", status, printed, shown)


@by_page
def test_an_empty_project_adds_twelve_lines_to_its_settings(page):
    assert lines_of(settings_block(page, EMPTY_PROJECT)) == 12


def test_a_project_with_rest_framework_and_drf_spectacular_adds_seven_lines():
    assert lines_of(settings_block(STARTS[1], OWN_PROJECT)) == 7


@pytest.mark.slow
def test_a_project_with_rest_framework_and_drf_spectacular_needs_no_other_lines(tmp_path):
    project = NewProject(tmp_path)
    run = project.run("django-admin startproject mysite .")
    assert run == (0, "")
    block = settings_block(STARTS[1], OWN_PROJECT)
    project.write("mysite/settings.py, at its end", OTHERS + block)
    project.write("mysite/urls.py", URLS)
    for command in (
        "check --fail-level WARNING",
        "migrate",
        "spectacular --validate --fail-on-warn --file schema.yml",
        "authkit_audit_schema",
    ):
        status, printed = project.run(f"python manage.py {command}")
        assert status == 0, printed
    # Nothing is said about the authenticators, the permissions and the document.
    _, printed = project.run("python manage.py check --deploy")
    assert set(re.findall(r"authkit\.\w+", printed)) == {"authkit.W001", "authkit.W016"}
