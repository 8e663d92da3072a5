import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.by_itself

ROOT = Path(__file__).parents[2]


def test_a_lockout_of_django_axes_holds_at_our_log_in():
    # A process of its own: axes connects its signal receivers for good once it is installed.
    suite = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider"),
            *("--ds=tests.login.axes_settings", "tests/login/with_axes.py"),
        ],
        cwd=ROOT,
        env={**os.environ, "AUTHKIT_TEST_DATABASE": "sqlite"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert suite.returncode == 0, suite.stdout + suite.stderr
    assert "7 passed" in suite.stdout
