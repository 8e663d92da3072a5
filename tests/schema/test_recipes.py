"""A rule is one file, and so is a reporter: nothing else is changed to add one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import authkit
import pytest

ROOT = Path(__file__).parents[2]

RULE = '''"""An operation has no summary.

## What it does

Looks for a `summary`.

## Why is this bad?

Readers miss it; unlike with AK101, clients do not.

## Example

    get: {}

## Use instead

    get: {summary: The reports}
"""

from authkit.schema.model.audited_schema import Place
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema):
    for path, operations in schema.document["paths"].items():
        for method, operation in operations.items():
            if "summary" not in operation:
                yield Offence(Place(path, method), "No summary.")


RULE = Rule("AK603", "no-summary", Severity.NOTE, __doc__, look)
'''
REPORTER = '''"""The number of findings."""


def render(report):
    return f"{len(report.findings)} found by {report.findings[0].rule.name}\\n"
'''
#: Prints the new page, its line in the list of rules, and that of the format in its table.
PAGES = """
import json, django
django.setup()
from tests.schema.pages.generated import DOCS, pages
texts = pages()
lines = (texts[DOCS / "rules" / "index.md"] + texts[DOCS / "audit.md"]).splitlines()
found = [line for line in lines if line.startswith(("| [AK603]", "| `toy`"))]
print(json.dumps([texts[DOCS / "rules" / "AK603.md"], *found]))
"""


@pytest.fixture
def run(tmp_path):
    """Run Python with a copy of the package in which there are the two new files."""
    schema = tmp_path / "authkit" / "schema"
    shutil.copytree(Path(authkit.__file__).parent, tmp_path / "authkit")
    (schema / "rules" / "no_summary.py").write_text(RULE)
    (schema / "reporters" / "as_toy.py").write_text(REPORTER)

    def run(*arguments):
        path = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
        environment = {**os.environ, **path, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        command = [sys.executable, *arguments]
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.decode()

    return run


@pytest.mark.slow
def test_the_audit_runs_a_new_rule_and_writes_a_new_format(run):
    options = ("--select", "AK603", "--urlconf", "tests.schema.projects.warning_free_urls")
    assert run("-m", "authkit.schema", *options, "--format", "toy") == "8 found by no-summary\n"
    assert run("-m", "authkit.schema", "--explain", "AK603").startswith("AK603 no-summary (note)")
    assert "sarif,text,toy" in run("-m", "authkit.schema", "--help")


def test_a_new_rule_and_a_new_format_have_pages(run):
    page, listed, described = json.loads(run("-c", PAGES))
    assert page.startswith("# AK603 no-summary\n\nSeverity: note\n\nAn operation has no summary.\n")
    assert "```yaml\nget: {summary: The reports}\n```" in page
    assert "unlike with [AK101](AK101.md)" in page
    assert listed == "| [AK603](AK603.md) | no-summary | note | An operation has no summary. |"
    assert described == "| `toy` | The number of findings. |"
