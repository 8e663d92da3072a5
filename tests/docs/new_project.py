"""Types what a page says, from top to bottom, into an empty folder.

python   is a file of the project: its first line says which, and whether it is appended
console  is typed, line by line; what stands below a line is what it prints. `...` stands for any
         lines, at the end of a line for its rest; a command may fail only where its output is shown
bash, json and text are as in pages.py

A terminal knows what was typed into it and nothing else. The page's server takes the first one, so
what comes after it is typed into a second. Two things differ from what the reader types: the
environment that is active is that of the tests, and the server has a free port.
"""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from sybil import Sybil
from sybil.parsers.myst import CodeBlockParser

from tests.docs.pages import ADDRESS, Output

RUNSERVER = "python manage.py runserver"
SERVES = "Quit the server with"
APPENDED = ", at its end"


class NewProject(Output):
    def __init__(self, folder):
        self.home = folder / "home"
        self.folder = folder / "project"
        for path in (self.home, self.folder):
            path.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.server = None
        self.open_terminal()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.server is not None:
            # The reloader has a child that serves.
            os.killpg(self.server.pid, 9)
            self.server.communicate()

    def follow(self, page):
        sybil = Sybil(
            parsers=[
                CodeBlockParser("python", self.write_file),
                CodeBlockParser("console", self.type_lines),
                CodeBlockParser("bash", self.paste),
                CodeBlockParser("json", self.compare_json),
                CodeBlockParser("text", self.compare_text),
            ],
            path=str(page.parent),
        )
        for example in sybil.parse(page).examples():
            example.evaluate()

    def write_file(self, example):
        source = str(example.parsed)
        name = source.splitlines()[0].removeprefix("# ")
        if name.startswith("mysite/"):
            self.write(name, source)

    def write(self, name, source):
        path = self.folder / name.removesuffix(APPENDED)
        before = path.read_text() if name.endswith(APPENDED) else ""
        path.write_text(before + source)

    def type_lines(self, example):
        for typed in re.split(r"^\$ ", str(example.parsed), flags=re.MULTILINE)[1:]:
            command, _, shown = typed.partition("\n")
            if command == RUNSERVER:
                self.serve()
            else:
                self.compare_lines(command, *self.run(command), shown)

    def compare_lines(self, command, status, printed, shown):
        wanted = re.escape(shown.strip()).replace(r"\.\.\.", ".*")
        assert status == 0 or shown, f"$ {command}\n{printed}"
        assert not shown or re.fullmatch(wanted, printed.strip(), re.DOTALL), printed

    def paste(self, example):
        status, self.output = self.run("set -euo pipefail\n" + str(example.parsed))
        assert status == 0, self.output

    def run(self, script):
        """Return the status of a script in the terminal, and what it prints."""
        script = script.replace(ADDRESS, f"http://127.0.0.1:{self.port}")
        done = subprocess.run(
            ["bash", "-c", f". {self.variables}\n{script}\n{self.remember}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout

    def open_terminal(self):
        self.variables = self.home / f"variables-{self.server is not None}"
        self.variables.touch()
        # Of the shell itself too, not only what is exported.
        self.remember = f"status=$?; declare -p | grep -v '^declare -[a-z]*r' > {self.variables}"
        self.remember += "; exit $status"

    def serve(self):
        self.server = subprocess.Popen(
            [*RUNSERVER.split(), str(self.port)],
            cwd=self.folder,
            env=self.environment | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        printed = []
        for line in self.server.stdout:
            printed.append(line)
            if line.startswith(SERVES):
                return self.open_terminal()
        raise AssertionError("".join(printed))

    @property
    def environment(self):
        """That of a shell where the tests' environment is active, and no index is needed."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        } | {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
