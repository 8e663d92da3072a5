from urllib.parse import urljoin

import httpx
import pytest

from example_project.selftest.authenticator import Authenticator
from example_project.selftest.client import mask
from tests.core.limits.stores import REDIS, needs_redis
from tests.example.running import manage, serving, stop


@pytest.mark.slow
def test_every_step_of_the_selftest_is_so_and_nothing_else_is_printed(tmp_path):
    run = manage(tmp_path, "selftest")
    # The step that failed comes first: the ones before it are long.
    assert run.returncode == 0, "\n".join([*run.stdout.splitlines()[-1:], run.stderr])
    assert run.stdout.endswith("steps are so.\n")
    assert run.stderr == ""


@needs_redis
@pytest.mark.slow
def test_with_redis_a_log_out_in_one_process_closes_the_websocket_in_the_other(tmp_path):
    run = manage(tmp_path, "selftest", EXAMPLE_REDIS=REDIS["LOCATION"])
    assert run.returncode == 0, "\n".join([*run.stdout.splitlines()[-1:], run.stderr])
    assert "a log-out in one process closes the WebSocket in the other" in run.stdout
    assert run.stderr == ""


@pytest.mark.slow
def test_if_a_step_is_not_so_then_it_stops_there_and_says_what_came(tmp_path):
    run = manage(tmp_path, "selftest", DJANGO_SETTINGS_MODULE="tests.example.open_settings")
    assert run.returncode == 1
    assert "NOT SO  3  a protected endpoint is 401" in run.stdout.splitlines()[-1]
    assert "expected: status 401" in run.stderr
    assert "status 403" in run.stderr
    assert "You do not have permission to perform this action." in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.slow
def test_if_the_server_is_kept_then_it_answers_and_its_log_is_in_a_file_until_ctrl_c(tmp_path):
    # With a step that is not so, which a look at the server may explain; and so it takes no time.
    wrong = {"DJANGO_SETTINGS_MODULE": "tests.example.open_settings"}
    log = tmp_path / "selftest.log"
    command = ("selftest", "--keep-server")
    with serving(tmp_path, *command, until=f"Its log: {log}", **wrong) as (lines, process):
        assert "expected: status 401" in "\n".join(lines)
        [docs] = [line.split()[-1] for line in lines if line.startswith("The server stays")]
        [login] = [line for line in lines if line.startswith("Log in as ")]
        username, password = login.removeprefix("Log in as ").split(" / ")
        with httpx.Client(base_url=urljoin(docs, "/"), trust_env=False) as client:
            assert client.get("/api/v1/health/ready/").json()["status"] == "ok"
            body = {"username": username, "password": password}
            assert client.post("/api/v1/auth/token/", json=body).status_code == 200
        assert "Forbidden: /api/v1/books/" in log.read_text()
        assert '"POST /api/v1/auth/token/ HTTP/1.1" 200' in log.read_text()
        code, printed, errors = stop(process)
    assert (code, printed) == (1, "")
    assert errors.startswith("CommandError: ")
    assert "Traceback" not in errors
    assert not list(tmp_path.glob("selftest*.sqlite3"))


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


def test_what_looks_like_a_key_in_the_middle_of_other_data_is_not_masked():
    session_data = f".eJxVjk0Ogj_{'A' * 8}_{'B' * 38}3sLhXHo3TzS6FMVJ1EocfkWP4U7D:1xY160:dZWMpb1"
    assert mask(session_data) == session_data


def test_the_authenticator_makes_the_codes_of_rfc_6238():
    # Appendix B, in six digits.
    app = Authenticator("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    assert [app.code_at(moment // 30) for moment in (59, 1111111109, 20000000000)] == [
        "287082",
        "081804",
        "353130",
    ]
