"""Runs `manage.py` of the example as a user does: another process, a clean environment."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIME_LIMIT = 300


def clean_environment(folder, **variables):
    """The environment of a fresh shell: none of this suite's settings, and SQLite in `folder`."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
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
        [sys.executable, "manage.py", "demo", *arguments],
        cwd=ROOT,
        env=clean_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A parent that ignores Ctrl-C (a job in the background) must not pass that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
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
