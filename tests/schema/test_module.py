"""``python -m authkit.schema``, in projects that have not installed authkit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import authkit
import django
import pytest
from authkit.schema.__main__ import main
from django.core.exceptions import ImproperlyConfigured

SETTINGS = """
SECRET_KEY = "only-for-this-test"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"]
ROOT_URLCONF = "shop_urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
}
"""
URLS = """
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView


class LoginView(APIView):
    permission_classes = []

    def post(self, request) -> dict:
        raise AssertionError("no handler is run")


urlpatterns = [path("login/", LoginView.as_view())]
"""
#: Says on stderr, when Python ends, which modules of ours with models were imported.
SPY = """
import atexit, sys
names = ("authkit.models", "authkit.sessions.models", "authkit.apps", "rest_framework_api_key")
atexit.register(lambda: print([n for n in names if n in sys.modules], file=sys.stderr))
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "shop_settings.py").write_text(SETTINGS)
    (tmp_path / "shop_urls.py").write_text(URLS)
    (tmp_path / "sitecustomize.py").write_text(SPY)
    return tmp_path


def run(project, *arguments, settings="shop_settings", stdin=None, module=("authkit.schema",)):
    root = Path(authkit.__file__).parents[1]
    return subprocess.run(
        [sys.executable, "-m", *module, *arguments],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": f"{root}{os.pathsep}{project}",
            "DJANGO_SETTINGS_MODULE": settings,
            "COLUMNS": "100",
            "PYTHONUNBUFFERED": "",
        },
        input=stdin,
        capture_output=True,
        text=True,
    )


def test_a_project_is_audited_with_nothing_changed_in_its_settings(project):
    ended = run(project, "--format", "json")
    assert ended.returncode == 1
    report = json.loads(ended.stdout)
    found = {(one["rule"], one["path"]): one for one in report["findings"]}
    assert found["AK301", "/login/"]["file"] == "shop_urls.py"
    assert found["AK301", "/login/"]["line"] == 7
    assert report["context"]["settings"] == "shop_settings"


def test_none_of_our_models_is_imported(project):
    assert run(project).stderr == "[]\n"


def test_a_committed_file_comes_from_standard_input(project):
    document = {"openapi": "3.0.3", "paths": {"/gone/": {"get": {}}, "/login/": {"post": {}}}}
    ended = run(project, "--schema", "-", "--select", "AK504", stdin=json.dumps(document))
    assert "GET /gone/: AK504" in ended.stdout
    assert ended.returncode == 0


@pytest.mark.parametrize("settings", ["shop_settings", "", "nowhere"])
def test_its_help_says_how_it_is_called_whatever_the_settings(project, settings):
    ended = run(project, "--help", settings=settings)
    assert ended.stdout.startswith("usage: python -m authkit.schema ")
    assert (ended.returncode, ended.stderr) == (0, "[]\n")


def test_settings_can_be_named_as_for_manage_py(project):
    ended = run(project, "--settings", "shop_settings", "--exit-zero", settings="")
    assert (ended.returncode, ended.stderr) == (0, "[]\n")


#: Settings that write to standard output: as Python does, past Python, and when Python ends.
TALKATIVE = """
import atexit, os
print("python is here")
os.system("echo a shell is here")
atexit.register(print, "good bye")
"""


def test_standard_output_is_the_report_alone(project):
    (project / "shop_settings.py").write_text(SETTINGS + TALKATIVE)
    (project / "shop_urls.py").write_text(URLS + "\nprint('routes are here')\n")
    ended = run(project, "--format", "json")
    assert json.loads(ended.stdout)["version"] == 1
    said = ("python is here", "a shell is here", "good bye", "routes are here")
    assert all(one in ended.stderr for one in said)


def test_so_it_is_with_manage_py_if_the_project_does_not_write_past_python(project):
    apps = ["authkit", "rest_framework_api_key", "drf_spectacular"]
    settings = f"{SETTINGS}\nINSTALLED_APPS += {apps}\nprint('python is here')\n"
    (project / "shop_settings.py").write_text(settings)
    ended = run(project, "--format", "json", module=("django", "authkit_audit_schema"))
    assert json.loads(ended.stdout)["version"] == 1
    assert "python is here" in ended.stderr


FAILING = {
    "no module of this name": (None, "ModuleNotFoundError: No module named 'shop_settings'"),
    "a missing variable": ("import os\nos.environ['NO_SUCH']\n", "KeyError: 'NO_SUCH' (shop_"),
    "no Python": ("SECRET_KEY = (\n", "SyntaxError: '(' was never closed (shop_settings.py"),
    "an exit": ("import sys\nsys.exit('no key')\n", "SystemExit: no key (shop_settings.py:2)"),
    "a missing file": ("open('nowhere.env')\n", "FileNotFoundError: [Errno 2] No such file"),
    "lines in its words": ("raise ValueError('one\\ntwo')", "ValueError: one two (shop_settings"),
    "an app that is none": (
        SETTINGS + "INSTALLED_APPS += ['no_such_app']",
        "ModuleNotFoundError: No module named 'no_such_app'",
    ),
    "a REST framework that is none": (
        SETTINGS + "REST_FRAMEWORK = 3",
        "TypeError: 'int' object is not subscriptable",
    ),
}


@pytest.mark.parametrize(("content", "said"), FAILING.values(), ids=FAILING)
def test_a_start_that_fails_is_wrong_usage_in_one_sentence(project, content, said):
    settings = project / "shop_settings.py"
    settings.unlink() if content is None else settings.write_text(content)
    ended = run(project)
    assert (ended.returncode, ended.stdout) == (2, "")
    sentence, *rest = ended.stderr.splitlines()
    assert sentence.startswith(f"Django cannot start: {said}")
    assert rest == ["[]"]


def test_a_database_that_cannot_be_loaded_is_no_finding(project):
    settings = SETTINGS.replace("django.db.backends.sqlite3", "no_such_engine")
    (project / "shop_settings.py").write_text(settings)
    ended = run(project)
    assert ended.returncode in (2, 3)
    assert "no_such_engine" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_exits_2_if_no_settings_are_named(project):
    ended = run(project, settings="")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("No settings are named: set DJANGO_SETTINGS_MODULE, or give --s")


def test_exits_3_if_the_project_makes_no_schemas(project):
    settings = SETTINGS.replace('"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",', "")
    (project / "shop_settings.py").write_text(settings)
    ended = run(project)
    assert ended.returncode == 3
    assert ended.stdout.startswith("No schema to audit: ")
    assert "DEFAULT_SCHEMA_CLASS" in ended.stderr
    assert "Traceback" not in ended.stderr


class TestInThisProcess:
    @pytest.fixture(autouse=True)
    def argv(self, monkeypatch):
        monkeypatch.setattr(sys, "path", [*sys.path])
        monkeypatch.setattr(sys, "argv", ["authkit.schema", "--explain", "AK301"])

    def test_it_is_the_command(self, capsys):
        main()
        assert capsys.readouterr().out.startswith("AK301 declared-secured-but-open (error)")
        assert sys.path[0] == os.getcwd()

    def test_it_says_why_django_cannot_start(self, monkeypatch, capsys):
        def setup():
            raise ImproperlyConfigured("no settings")

        monkeypatch.setattr(django, "setup", setup)
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        said = capsys.readouterr().err
        assert said.startswith("Django cannot start: ImproperlyConfigured: no settings (tests/")
        assert said.count("\n") == 1
