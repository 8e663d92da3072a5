"""Runs the code of one page, from top to bottom, as a reader would who has a project.

python   is executed; a block that sets AUTHKIT, SIMPLE_JWT or REST_FRAMEWORK configures what
         follows, and one that sets urlpatterns says what the server serves
bash     is run against a live server, in an empty folder, with the variables of the blocks before
json     after bash is its output: same members, and "abc..." stands for "begins with abc"
text     after bash is its output, to the letter

`console` is for what is typed but not run here: installing, and commands on a project's machine.
The pages that start from an empty folder are run by new_project.py, `console` included.
"""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

from authkit.checks.settings import check_settings
from authkit.checks.signing import check_signing
from authkit.checks.signing_keys import check_signing_keys
from sybil import Sybil
from sybil.parsers.myst import CodeBlockParser

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted(
        page
        for page in (ROOT / "docs").rglob("*.md")
        if not {"_build", "schema"} & set(page.relative_to(ROOT).parts)
    ),
]
#: The pages that begin with an empty folder.
STARTS = [ROOT / "README.md", ROOT / "docs" / "getting-started.md"]
#: The address that the pages use for the reader's own server.
ADDRESS = "http://127.0.0.1:8000"
CONFIGURES = ("AUTHKIT", "SIMPLE_JWT", "REST_FRAMEWORK")


class Output:
    """What the last block of commands printed, until a block shows it."""

    output = None

    def compare_json(self, example):
        if self.output is not None:
            came = json.loads(self.output)
            assert resembles(came, json.loads(example.parsed)), came
            self.output = None

    def compare_text(self, example):
        if self.output is not None:
            assert self.output.strip() == str(example.parsed).strip()
            self.output = None


class Reader(Output):
    def __init__(self, *, settings, address, folder, variables):
        self.settings = settings
        self.address = address
        self.folder = folder
        self.variables = folder / ".variables"
        self.variables.write_text("".join(f"{name}='{value}'\n" for name, value in variables))
        self.urlconfs = 0

    def read(self, page):
        sybil = Sybil(
            parsers=[
                CodeBlockParser("python", self.run_python),
                CodeBlockParser("bash", self.run_bash),
                CodeBlockParser("json", self.compare_json),
                CodeBlockParser("text", self.compare_text),
            ],
            path=str(page.parent),
        )
        examples = list(sybil.parse(page).examples())
        for example in examples:
            example.evaluate()
        return len(examples)

    def run_python(self, example):
        self.output = None
        # Empty lines above, so that a traceback names the line of the page.
        source = "\n" * example.line + self.source_of(example)
        before = {name: example.namespace.get(name) for name in (*CONFIGURES, "urlpatterns")}
        example.namespace["__name__"] = "page"  # Django asks a function for its module
        exec(compile(source, example.path, "exec"), example.namespace)
        # By identity: dicts that differ in the order of their members are equal, and differ here.
        changed = {
            name for name, value in before.items() if example.namespace.get(name) is not value
        }
        self.configure(example.namespace, changed)

    def configure(self, namespace, changed):
        for name in changed & set(CONFIGURES):
            setattr(self.settings, name, namespace[name])
        assert check_settings() == []
        assert check_signing() == []
        assert check_signing_keys() == []
        if "urlpatterns" in changed:
            self.urlconfs += 1
            module = types.ModuleType(f"tests.docs.urlconf_{id(self)}_{self.urlconfs}")
            module.urlpatterns = namespace["urlpatterns"]
            sys.modules[module.__name__] = module
            self.settings.ROOT_URLCONF = module.__name__

    def run_bash(self, example):
        self.output = None
        script = (
            f"set -euo pipefail\nset -a\n. {self.variables}\n"
            f"{self.source_of(example)}\nexport -p > {self.variables}"
        )
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        self.output = done.stdout

    def source_of(self, example):
        return str(example.parsed).replace(ADDRESS, self.address)


def resembles(came, shown):
    if isinstance(shown, dict):
        return (
            isinstance(came, dict)
            and came.keys() == shown.keys()
            and all(resembles_member(name, came[name], value) for name, value in shown.items())
        )
    if isinstance(shown, list):
        return (
            isinstance(came, list)
            and len(came) == len(shown)
            and all(resembles(*pair) for pair in zip(came, shown, strict=True))
        )
    if isinstance(shown, str) and shown.endswith("..."):
        return isinstance(came, str) and came.startswith(shown.removesuffix("..."))
    return came == shown and type(came) is type(shown)


def resembles_member(name, came, shown):
    # The seconds that an access token has left: one may pass before the answer is made.
    return resembles(came, shown) or (name == "expires_in" and came == shown - 1)
