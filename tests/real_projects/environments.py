"""A virtual environment and a database for each application, made once for each set of pins."""

import hashlib
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements" / "real-projects"
KEPT = ROOT / ".venv" / "real-projects"
INSIDE = Path(__file__).parent / "inside"
LOOK = INSIDE / "look.py"
TIME_LIMIT = 1800
#: All these applications run on it; those with Django 6 do not run on an older one.
PYTHON = "3.12"


class Failed(Exception):
    """A command failed; the message has its last lines."""


@dataclass
class Environment:
    """Where one application is installed. ``seconds`` is what was spent, by step."""

    name: str
    seconds: dict = field(default_factory=dict)

    @property
    def requirements(self):
        return REQUIREMENTS / f"{self.name}.txt"

    @property
    def folder(self):
        """Another one for other pins."""
        return KEPT / f"{self.name}-{fingerprint(self.requirements)}"

    @property
    def data(self):
        """The database and what belongs to it, another one for other rows."""
        made_by = (INSIDE / "applications.py", INSIDE / "rows.py")
        host = (INSIDE / "hosts").glob(f"{self.name.replace('-', '_')}.py")
        return self.folder / f"data-{fingerprint(*made_by, *host)}"

    @property
    def python(self):
        return self.folder / "venv" / "bin" / "python"

    def make(self):
        """Install and sow, whichever has not been done before."""
        self.step("install", self.install, self.folder / "installed")
        self.step("migrate", self.sow, self.data / "sown")

    def step(self, name, action, done):
        since = time.perf_counter()
        if not done.exists():
            action()
            done.touch()
        self.seconds[name] = round(time.perf_counter() - since, 1)

    def install(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        python = run(ROOT / ".ci" / "find-python", PYTHON).strip()
        run(python, "-m", "venv", self.folder / "venv")
        # Every package is pinned, so there is nothing to resolve; and what an application says of
        # the newest Django REST framework is not asked: it has to live with what we need.
        pip = (self.python, "-m", "pip", "install", "-q", "--no-deps")
        run(*pip, "--no-compile", "-r", self.requirements)
        run(*pip, "-e", ROOT)

    def sow(self):
        for old in self.folder.glob("data-*"):
            shutil.rmtree(old)
        self.data.mkdir()
        run(self.python, LOOK, "sow", self.name, self.data)

    def look(self, folder):
        """Look at the application on a copy of its database; return where the results are."""
        copy = Path(folder) / self.name
        shutil.copytree(self.data, copy)
        # What depends on the order of a set is not the same in two of these processes.
        for seed, command in enumerate(("declare", "ask", "tell")):
            run(self.python, LOOK, command, self.name, copy, PYTHONHASHSEED=str(seed))
        return copy


def fingerprint(*paths):
    content = b"".join(path.read_bytes() for path in paths)
    return hashlib.sha256(content).hexdigest()[:12]


def run(*command, **variables):
    """Run a command and return what it printed. Raises Failed."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            env=clean_environment() | variables,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{command[0]} did not end within {TIME_LIMIT} s.") from None
    if done.returncode:
        raise Failed("\n".join([*done.stdout.splitlines()[-5:], *done.stderr.splitlines()[-25:]]))
    return done.stdout


def clean_environment():
    unwanted = ("DJANGO_SETTINGS_MODULE", "PYTHONPATH", "VIRTUAL_ENV", "COVERAGE_FILE")
    return {name: value for name, value in os.environ.items() if name not in unwanted}
