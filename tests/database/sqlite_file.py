"""Tests in a process of their own, on SQLite in a file: a connection for each thread.

The database of the suite is in memory there, and has one connection.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_on_sqlite_file(folder, *arguments):
    """Run pytest with these arguments; return what it prints if every test passes."""
    suite = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider"),
            *("--ds=tests.database.sqlite_file_settings", *arguments),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "AUTHKIT_TEST_DATABASE": "sqlite",
            "AUTHKIT_TEST_FILE": str(folder / "database.sqlite3"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert suite.returncode == 0, suite.stdout + suite.stderr
    return suite.stdout
