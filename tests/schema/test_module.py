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


def run(project, *arguments, settings="shop_settings", stdin=None):
    root = Path(authkit.__file__).parents[1]
    return subprocess.run(
        [sys.executable, "-m", "authkit.schema", *arguments],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": f"{root}{os.pathsep}{project}",
            "DJANGO_SETTINGS_MODULE": settings,
            "COLUMNS": "100",
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


def test_its_help_says_how_it_is_called(project):
    assert run(project, "--help").stdout.startswith("usage: python -m authkit.schema ")


@pytest.mark.parametrize(
    ("settings", "said"),
    [("nowhere", "No module named 'nowhere'"), ("", "settings are not configured")],
)
def test_exits_2_without_settings(project, settings, said):
    ended = run(project, settings=settings)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Traceback" not in ended.stderr
    assert said in ended.stderr


def test_exits_3_if_the_project_makes_no_schemas(project):
    settings = SETTINGS.replace('"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",', "")
    (project / "shop_settings.py").write_text(settings)
    ended = run(project)
    assert ended.returncode == 3
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
        assert capsys.readouterr().err == "Django cannot start: no settings\n"
