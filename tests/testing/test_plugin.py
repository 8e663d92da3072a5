"""The fixtures, in a pytest of a project; and that the helpers need no pytest."""

import subprocess
import sys

import pytest

PROJECT = """
pytest_plugins = ["authkit.testing.plugin"]
"""

TESTS = """
import pytest
from django.contrib.auth import get_user_model

from tests.testing.test_helpers import new_user

pytestmark = pytest.mark.urls("tests.testing.urls")


def test_session(authkit_client):
    assert authkit_client(new_user()).get("/plain/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_key(authkit_key_client, settings):
    settings.AUTHKIT = {"SCOPES": {"books:read": "Read"}}
    assert authkit_key_client("books:read").get("/books/").status_code == 200


def test_app(authkit_client, authkit_authenticator_app):
    user = new_user()
    app = authkit_authenticator_app(user)
    body = {"code": app.code()}
    client = authkit_client(user)
    assert client.post("/api/v1/auth/2fa/recovery-codes/", body, format="json").status_code == 201
"""

WITHOUT_PYTEST = """
import sys
sys.modules["pytest"] = None
import django
django.setup()
import authkit.testing
"""

pytestmark = pytest.mark.by_itself


def run(*arguments, folder):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PYTHONPATH": ":".join(sys.path), "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_fixtures_work_in_a_project(tmp_path):
    (tmp_path / "conftest.py").write_text(PROJECT)
    (tmp_path / "test_project.py").write_text(TESTS)
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path)
    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_the_helpers_need_no_pytest(tmp_path):
    done = run("-c", WITHOUT_PYTEST, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
