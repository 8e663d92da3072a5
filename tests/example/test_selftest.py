import pytest

from example_project.selftest.authenticator import Authenticator
from example_project.selftest.client import mask
from tests.example.running import manage


@pytest.mark.slow
def test_every_step_of_the_selftest_is_so_and_nothing_else_is_printed(tmp_path):
    run = manage(tmp_path, "selftest")
    # The step that failed comes first: the ones before it are long.
    assert run.returncode == 0, "\n".join([*run.stdout.splitlines()[-1:], run.stderr])
    assert run.stdout.endswith("steps are so.\n")
    assert run.stderr == ""


def test_if_a_step_is_not_so_then_it_stops_there_and_says_what_came(tmp_path):
    run = manage(tmp_path, "selftest", DJANGO_SETTINGS_MODULE="tests.example.open_settings")
    assert run.returncode == 1
    assert "NOT SO  3  a protected endpoint is 401" in run.stdout.splitlines()[-1]
    assert "expected: status 401" in run.stderr
    assert "status 403" in run.stderr
    assert "You do not have permission to perform this action." in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJ9.eyJzaWQiOiJ9.c2lnbmF0dXJl",
        f"ak_{'A' * 8}_{'B' * 38}",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%3E",
        "x5r8-kz0a-9q3h-mw2c",
    ],
)
def test_secrets_are_masked_in_reports(secret):
    assert mask(f'{{"it": "{secret}"}} {secret}&') == '{"it": "[masked]"} [masked]&'


def test_ids_are_not_masked():
    assert mask("b6f1c0de-2a3b-4c5d-8e6f-0123456789ab") == "b6f1c0de-2a3b-4c5d-8e6f-0123456789ab"


def test_the_authenticator_makes_the_codes_of_rfc_6238():
    # Appendix B, in six digits.
    app = Authenticator("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    assert [app.code_at(moment // 30) for moment in (59, 1111111109, 20000000000)] == [
        "287082",
        "081804",
        "353130",
    ]
