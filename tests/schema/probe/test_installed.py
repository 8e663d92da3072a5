"""The views of knox, dj-rest-auth, djoser, SimpleJWT and REST framework itself, beside ours."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.by_itself, pytest.mark.slow]

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def rows():
    child = subprocess.run(
        [sys.executable, "-m", "tests.schema.probe.installed"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout)


def test_every_view_is_decided(rows):
    assert len(rows) > 50
    assert [row for row in rows if row[2] == "undecided"] == []


def test_every_decision_is_what_an_unauthenticated_client_gets(rows):
    for method, path, state, refusal, answer in rows:
        if state == "secured":
            assert answer == refusal, (method, path)
        else:
            assert answer not in (401, 403), (method, path)
