import re

import pytest

from tests.database.sqlite_file import run_on_sqlite_file

pytestmark = [pytest.mark.by_itself, pytest.mark.slow]


def test_sqlite_in_a_file_counts_exactly_under_a_race(tmp_path):
    at_once = "tests/passwords/attempts/test_races.py"
    # One of them is for users who have both a name and an address.
    told = run_on_sqlite_file(tmp_path, "-k", "not ten_thousand", at_once)
    assert re.search(r"\b[45] passed", told)
