import pytest

from tests.database.sqlite_file import run_on_sqlite_file

pytestmark = [pytest.mark.by_itself, pytest.mark.slow]


def test_sqlite_in_a_file_gives_one_name_to_one_account(tmp_path):
    assert " passed" in run_on_sqlite_file(tmp_path, "tests/accounts/test_concurrency.py")
