"""The example is a project like any other, and the commands of every project are fine with it."""

import json
import sys

import pytest

from tests.example.running import manage

PRODUCTION = {
    "EXAMPLE_ENVIRONMENT": "production",
    "EXAMPLE_ALLOWED_HOSTS": "library.example",
    "EXAMPLE_SECRET_KEY": "only-for-this-test-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH",
}


def test_the_schema_is_valid_and_made_without_a_warning(tmp_path):
    schema = tmp_path / "schema.yml"
    run = manage(tmp_path, "spectacular", "--validate", "--fail-on-warn", "--file", str(schema))
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert 75 <= schema.read_text().count("operationId:") <= 110


def test_no_migration_is_missing(tmp_path):
    run = manage(tmp_path, "makemigrations", "--check", "--dry-run")
    assert run.returncode == 0, run.stdout


def test_the_deployment_check_has_nothing_to_say_about_production(tmp_path):
    run = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert run.returncode == 0, run.stderr


def test_the_demo_is_refused_in_production(tmp_path):
    run = manage(tmp_path, "demo", **PRODUCTION)
    assert run.returncode == 1
    assert "not for production" in run.stderr


def test_production_makes_no_secret_key_of_its_own(tmp_path):
    run = manage(tmp_path, "check", **(PRODUCTION | {"EXAMPLE_SECRET_KEY": ""}))
    assert run.returncode == 1
    assert "EXAMPLE_SECRET_KEY" in run.stderr
    assert not list(tmp_path.iterdir())


def test_the_secret_key_is_made_once_for_the_owner_alone(tmp_path):
    secret = tmp_path / "demo.secret"
    manage(tmp_path, "check")
    made = secret.read_text()
    manage(tmp_path, "check")
    assert secret.read_text() == made
    assert len(made) > 50
    assert secret.stat().st_mode & 0o077 == 0


def test_if_nothing_is_installed_then_one_sentence_says_what_to_do(tmp_path):
    # -S leaves site-packages out, as in an interpreter where nothing was installed.
    run = manage(tmp_path, "check", python=(sys.executable, "-S"))
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith("Not installed here: django")
    assert "`make demo`" in run.stderr


@pytest.mark.slow
def test_the_cases_of_the_example_hold(tmp_path):
    # They run in the example's own settings, so Django collects them and not pytest.
    run = manage(tmp_path, "test", "tests.example", "--pattern", "*_cases.py")
    assert run.returncode == 0, run.stderr
    assert "Ran 0 tests" not in run.stderr


def test_every_refusal_that_a_request_can_meet_is_documented(tmp_path):
    run = manage(tmp_path, "spectacular", "--format", "openapi-json")
    for path, item in json.loads(run.stdout)["paths"].items():
        for method, operation in item.items():
            expected = {"401"} if operation["security"] else set()
            expected |= {"404"} if "{" in path else set()
            expected |= {"400", "415"} if "requestBody" in operation else set()
            assert expected <= operation["responses"].keys(), (method, path)
