"""The example project by uvicorn, with a database of its own and a log that can be read."""

import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.contract.example import LAST_LINE, LOGIN, URL, Login
from tests.example.running import ROOT, clean_environment, manage

SECONDS_TO_START = 120


@dataclass(frozen=True)
class Example:
    """Where it is, and with what one gets in. ``log`` has the mails, too."""

    url: str
    staff: Login
    reader: Login
    folder: Path
    log: Path

    def run(self, code):
        """Run Python in the project, as in `manage.py shell`; return what it prints."""
        run = manage(self.folder, "shell", "-v", "0", "-c", code)
        assert run.returncode == 0, run.stderr
        return run.stdout


@contextmanager
def running(folder, **variables):
    """Start the demo; stop it at the end. Raises AssertionError where its log has a traceback."""
    log = folder / "server.log"
    # A file: nothing reads a pipe while a test runs, and a server waits for one that is full.
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", "0"],
            cwd=ROOT,
            env=clean_environment(folder, **variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        welcome = read_welcome(process, log)
        staff, reader = (Login(*words) for words in LOGIN.findall(welcome))
        yield Example(URL.search(welcome)[1], staff, reader, folder, log)
    finally:
        process.terminate()
        process.wait(timeout=60)
    assert "Traceback" not in log.read_text(), log.read_text()


def read_welcome(process, log):
    until = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < until:
        text = log.read_text()
        if text.rstrip().endswith(LAST_LINE):
            return text
        time.sleep(0.1)
    raise AssertionError(f"The example did not start:\n{log.read_text()}")
