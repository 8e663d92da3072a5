"""What every reporter has: a description and a test of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from authkit.schema.reporters import FORMATS, reporter


def test_every_format_has_a_file_of_tests():
    tests = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    assert tests == {f"test_{name}.py" for name in FORMATS} | {Path(__file__).name}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_described_in_one_sentence(name):
    summary = sys.modules[reporter(name).__module__].__doc__.partition("\n")[0]
    assert summary.endswith(".")
    assert "|" not in summary  # it is a cell of a table
