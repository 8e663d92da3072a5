"""tests/README.md names every room, every folder of tests and every shared fixture."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS, PACKAGE = ROOT / "tests", ROOT / "django_authkit" / "authkit"

pytestmark = pytest.mark.by_itself

MAP = (TESTS / "README.md").read_text()


def folders(top):
    """Return every folder below this one that has code in it."""
    found = {path.parent.relative_to(top).as_posix() for path in top.rglob("*.[pt][ys]")}
    return {name for name in found - {"."} if "migrations" not in name and "users/" not in name}


def column(heading, number):
    """Return the names in a column of a table."""
    section = MAP.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("|")]
    return {name for row in rows[2:] for name in re.findall("`(.+?)`", row[number])}


def test_every_room_is_in_the_map():
    assert column("Rooms", 1) == folders(PACKAGE)


def test_every_folder_of_tests_is_in_the_map():
    assert column("Rooms", 2) | column("Across the rooms", 1) == folders(TESTS)


def test_every_shared_fixture_is_in_the_map():
    conftest = (TESTS / "conftest.py").read_text()
    fixtures = set(re.findall(r"^@pytest\.fixture\ndef (\w+)", conftest, re.MULTILINE))
    assert column("Fixtures of `tests/conftest.py`", 1) == fixtures


def test_no_helper_lies_loose_at_the_top():
    assert {path.name for path in TESTS.glob("*.py")} == {
        "__init__.py",
        "conftest.py",
        "settings.py",
        "urls.py",
    }
