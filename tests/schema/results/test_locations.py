"""Where a finding is in the sources of the project."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest
from authkit.schema.model.audited_schema import Place
from authkit.schema.openapi.committed import read_committed
from authkit.schema.results.locations import InFile, InSources

from tests.schema.reporters.reports import finding

SOURCE = """\
from rest_framework.views import APIView


class Outer:
    class Inner(APIView):
        pass


@decorated
def view(request): ...
"""


@pytest.fixture
def locate(tmp_path, monkeypatch):
    def make(name, folder=tmp_path, source=SOURCE):
        folder.mkdir(exist_ok=True, parents=True)
        file = folder / f"{name}.py"
        file.write_text(source)
        module = types.ModuleType(name)
        module.__file__ = str(file)
        monkeypatch.setitem(sys.modules, name, module)

    monkeypatch.chdir(tmp_path)
    make("located_urls", source="")
    locate = InSources("located_urls")

    def find(view="", subject=""):
        found = locate(finding("AK301", Place("/x/", "get", view), "", subject=subject))
        return found and str(found)

    return make, find


def test_a_class_is_found_and_so_is_one_within_another(locate):
    make, find = locate
    make("located_views")
    assert find("located_views.Outer") == "located_views.py:4"
    assert find("located_views.Outer.Inner") == "located_views.py:5"


def test_a_function_is_found_below_its_decorators(locate):
    make, find = locate
    make("located_views")
    assert find("located_views.view") == "located_views.py:10"


def test_a_class_that_the_finding_is_about_is_found(locate):
    make, find = locate
    make("located_auth")
    assert find(subject="located_auth.Outer") == "located_auth.py:4"


def test_a_view_of_a_package_is_found_where_it_is_routed(locate, tmp_path):
    make, find = locate
    make("located_lib", folder=tmp_path / ".venv" / "site-packages")
    assert find("located_lib.Outer") == "located_urls.py:1"
    assert find("rest_framework.authtoken.views.ObtainAuthToken") == "located_urls.py:1"


@pytest.mark.parametrize(
    "view",
    ["", "nowhere.View", "located_views.Made", "located_views.f.<locals>.View", "builtins.x"],
)
def test_what_has_no_line_is_found_where_it_is_routed(locate, view):
    make, find = locate
    make("located_views")
    assert find(view) == "located_urls.py:1"


def test_a_source_that_is_none_is_no_fault(locate):
    make, find = locate
    make("located_views", source="class Outer(:")
    assert find("located_views.Outer") == "located_urls.py:1"


@pytest.mark.parametrize("mark", ["repository", "work tree"])
def test_the_root_is_that_of_the_repository(locate, tmp_path, monkeypatch, mark):
    make, find = locate
    backend = tmp_path / "backend"
    make("located_views", folder=backend)
    git = tmp_path / ".git"
    git.mkdir() if mark == "repository" else git.write_text("gitdir: elsewhere")
    monkeypatch.chdir(backend)
    assert find("located_views.Outer") == "backend/located_views.py:4"
    (backend / "openapi.yml").write_text("openapi: 3.0.3\npaths: {}\n")
    in_file = InFile(read_committed("openapi.yml"))
    assert in_file(finding("AK102", Place(), "Unused.")).file == "backend/openapi.yml"


def test_without_a_file_of_the_project_there_is_no_location(tmp_path):
    locate = InSources("json")
    assert locate(finding("AK301", Place(), "")) is None
    assert Path(sys.modules["json"].__file__).exists()


def test_a_scheme_is_found_in_the_file_that_was_audited(tmp_path):
    file = tmp_path / "openapi.yml"
    file.write_text(
        "openapi: 3.0.3\npaths: {}\ncomponents:\n  securitySchemes:\n    a: {}\n    b: {}\n"
    )
    locate = InFile(read_committed(str(file)))
    found = locate(finding("AK102", Place(), "It is not used.", subject="b"))
    assert (found.file, found.line) == (str(file), 6)
    assert locate(finding("AK102", Place(), "It is not used.", subject="c")).line == 4
