"""T-OTP-04: a replica that is late is never asked about sessions, devices and codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ANSWERS = {
    "password alone": 202,
    "one code twice": [200, 401],
    "one recovery code twice": [200, 401],
    "password for a proof": 401,
    "state": True,
    "recovery codes left": 9,
    "list": 4,
    "spent refresh token": 401,
    "its successor": 401,
    "everywhere": 204,
    "challenge after it": 401,
    "another app": 200,
    "the first app": 401,
    "new codes": 201,
    "an old one": 401,
    "ten wrong codes and one more": [401, 429],
    "off": 204,
    "password after that": 200,
    "what the rule says then": 403,
    "old password, changed": "invalid_credentials",
    "sessions, changed": 0,
    "events, changed": ["login_failed"],
    "old password, deactivated": "invalid_credentials",
    "sessions, deactivated": 0,
    "events, deactivated": ["login_failed"],
    "old password, deleted": "invalid_credentials",
    "sessions, deleted": 0,
    "events, deleted": [],
    "key of another table": "partner",
    "revoked": "refused",
    "imported": 0,
    "permission": True,
    "permission taken away": False,
    "rows in the replica": 0,
}


@pytest.fixture(scope="module")
def answers():
    child = subprocess.run(
        [sys.executable, "-m", "tests.database.beside_replica"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-3_000:]
    return json.loads(child.stdout)


@pytest.mark.parametrize("what", ANSWERS)
def test_a_stale_replica_is_not_queried(answers, what):
    assert answers[what] == ANSWERS[what]


def test_these_are_all_of_its_answers(answers):
    assert set(answers) == set(ANSWERS)
