import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.by_itself

ROOT = Path(__file__).parents[2]


def test_users_may_log_in_with_a_number():
    # A process of its own: a project has one user model.
    suite = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider"),
            *("--ds=tests.login.number_settings", "tests/login/with_numbers.py"),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "AUTHKIT_TEST_DATABASE": "sqlite",
            "AUTHKIT_TEST_USERS": "stock",
            "AUTHKIT_TEST_PARAMETERS": "0",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert suite.returncode == 0, suite.stdout + suite.stderr
    assert "16 passed" in suite.stdout
