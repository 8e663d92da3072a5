from example_project.selftest.client import mask
from tests.example.running import manage


def test_every_step_of_the_selftest_is_so_and_nothing_else_is_printed(tmp_path):
    run = manage(tmp_path, "selftest")
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.endswith("steps are so.\n")
    assert run.stderr == ""


def test_if_a_step_is_not_so_then_it_stops_there_and_says_what_came(tmp_path):
    run = manage(tmp_path, "selftest", DJANGO_SETTINGS_MODULE="tests.example.anybody_settings")
    assert run.returncode == 1
    assert "NOT SO  3  a protected endpoint is 401" in run.stdout.splitlines()[-1]
    assert "expected: status 401" in run.stderr
    assert "status 403" in run.stderr
    assert "You do not have permission to perform this action." in run.stderr
    assert "Traceback" not in run.stderr


def test_tokens_and_keys_are_masked_in_reports():
    token, key = "eyJhbGciOiJ9.eyJzaWQiOiJ9.c2lnbmF0dXJl", f"ak_{'A' * 8}_{'B' * 38}"
    assert mask(f'{{"access": "{token}"}} {key}') == '{"access": "[masked]"} [masked]'
