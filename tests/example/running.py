"""Runs `manage.py` of the example as a user does: another process, a clean environment."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIME_LIMIT = 300

# A suite that runs as a job in the background ignores Ctrl-C, and its children inherit that.
CTRL_C_WORKS = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv[0] = "manage.py"
runpy.run_path("manage.py", run_name="__main__")
"""


def clean_environment(folder, **variables):
    """The environment of a fresh shell: the same installation, none of this suite's settings."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "PYTHONPATH", "SYSTEMROOT")
        if name in os.environ
    }
    return kept | {"EXAMPLE_SQLITE_PATH": str(folder / "demo.sqlite3")} | variables


def manage(folder, *arguments, python=(sys.executable,), **variables):
    return subprocess.run(
        [*python, "manage.py", *arguments],
        cwd=ROOT,
        env=clean_environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        check=False,
    )


@contextmanager
def demo(folder, *arguments):
    """Start the demo; give what it printed up to its last line, and the process."""
    process = subprocess.Popen(
        [sys.executable, "-c", CTRL_C_WORKS, "demo", *arguments],
        cwd=ROOT,
        env=clean_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield read_welcome(process), process
    finally:
        process.kill()
        process.communicate()


def read_welcome(process):
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.rstrip().endswith("manage.py selftest"):
            return lines
    raise AssertionError("\n".join([*lines, process.stderr.read()]))
