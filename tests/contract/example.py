"""The example project, running on the loopback address with a database of its own."""

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
URL = re.compile(r"API +(http://127\.0\.0\.1:\d+)/")
LOGIN = re.compile(r"(?:Staff|Reader) +(\S+) / (\S+)")
API_KEY = re.compile(r"API key +(\S+)")
LAST_LINE = "manage.py selftest"


class Login(NamedTuple):
    username: str
    password: str


@dataclass(frozen=True)
class Example:
    """Where it is, and with what one gets in. ``document`` is its OpenAPI document in a file."""

    url: str
    staff: Login
    reader: Login
    api_key: str
    document: Path

    @property
    def environment(self):
        """The same for another process."""
        return {
            "CONTRACT_URL": self.url,
            "CONTRACT_STAFF": " ".join(self.staff),
            "CONTRACT_READER": " ".join(self.reader),
        }


@contextmanager
def running(folder):
    """Start the example; stop it at the end."""
    environment = os.environ | {"EXAMPLE_SQLITE_PATH": str(folder / "example.sqlite3")}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", "0"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        welcome = read_welcome(process)
        staff, reader = (Login(*words) for words in LOGIN.findall(welcome))
        yield Example(
            url=URL.search(welcome)[1],
            staff=staff,
            reader=reader,
            api_key=API_KEY.search(welcome)[1],
            document=write_document(folder, environment),
        )
    finally:
        process.kill()
        process.communicate()


def read_welcome(process):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.rstrip().endswith(LAST_LINE):
            return "".join(lines)
    raise RuntimeError("The example did not start:\n" + "".join(lines))


def write_document(folder, environment):
    document = folder / "openapi.json"
    subprocess.run(
        [
            sys.executable,
            "manage.py",
            "spectacular",
            "--format",
            "openapi-json",
            "--file",
            document,
        ],
        cwd=ROOT,
        env=environment,
        check=True,
    )
    return document
