"""A project with ATOMIC_REQUESTS runs its own tests, in a process of its own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Test cases times tests: of ``cases.py``, and of ``code_cases.py``.
TESTS = 6 * 6 + 2 * 11


@pytest.mark.user_names
def test_a_refusal_leaves_the_test_of_a_project_its_transaction():
    command = "-W error -m django test --noinput --settings tests.host.settings --pattern *cases.py"
    child = subprocess.run(
        [sys.executable, *command.split(), "tests.host"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-5_000:]
    assert re.search(rf"Ran {TESTS} tests ", child.stderr)
