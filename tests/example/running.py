"""Runs `manage.py` of the example as a user does: another process, a clean environment."""

import os
import signal
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
    with serving(folder, "demo", *arguments, until="manage.py selftest") as started:
        yield started


@contextmanager
def serving(folder, *arguments, until, **variables):
    """Start a command that serves; give its lines up to the one that ends so, and the process."""
    process = subprocess.Popen(
        [sys.executable, "-c", CTRL_C_WORKS, *arguments],
        cwd=ROOT,
        env=clean_environment(folder, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield read_lines(process, until), process
    finally:
        process.kill()
        process.communicate()


def read_lines(process, until):
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.rstrip().endswith(until):
            return lines
    raise AssertionError("\n".join([*lines, process.stderr.read()]))


def stop(process):
    """Press Ctrl-C; return the exit code, what was printed since, and the errors."""
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=60)
    return process.returncode, printed, errors
