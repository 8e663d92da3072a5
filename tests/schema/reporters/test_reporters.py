"""What every reporter has: a description and a test of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from authkit.schema.reporters import FORMATS

from tests.schema.pages.generated import format_summary


def test_every_format_has_a_file_of_tests():
    tests = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    assert tests == {f"test_{name}.py" for name in FORMATS} | {Path(__file__).name}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_described_in_one_sentence(name):
    summary = format_summary(name)
    assert summary.endswith(".")
    assert "|" not in summary  # it is a cell of a table
