"""The recipes of CONTRIBUTING: as many files as they say, counted on one that exists.

A list that has to be kept in step with rules, settings, events or routes names the example too,
and is one file more here. What the recipes need beside the package (toys that are added and
work) is proved in ``tests/schema/test_recipes.py``, ``tests/checks/test_declaration.py`` and
``tests/factors/test_third_factor.py``.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "django_authkit" / "authkit"
ROWS = re.compile(r"^\| ([^|]+) \| (?:its folder, )?(\d+) \| ([^|]+) \|$", re.MULTILINE)

#: An example of each change: what names it, the files of the package that may, and how many more
#: files (tests, documentation) the recipe tells to write.
EXAMPLES = {
    "audit rule": (
        "AK309|debug_dependent_gate",
        {"schema/rules/debug_dependent_gate.py"},
        1,
    ),
    "reporter of the audit": ("(?i:gitlab)", {"schema/reporters/as_gitlab.py"}, 1),
    "setting": (r"(?<!conf\.)\bAPI_KEY_QUOTA", {"conf/__init__.py"}, 1),
    "security event": (
        '"profile_changed"',
        {"core/event_kinds.py", "accounts/profile.py"},
        1,
    ),
    "endpoint": (
        r"PasswordChange(View|Serializer)|\bchange_password\(",
        {
            "urls.py",
            "views.py",
            "passwords/views.py",
            "passwords/flows.py",
            "passwords/serializers.py",
        },
        3,
    ),
}


def recipes():
    section = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("\n## Recipes\n")[1]
    return {change: int(number) for change, number, _ in ROWS.findall(section.split("\n## ")[0])}


def naming(pattern):
    return {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if re.search(pattern, path.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("change", EXAMPLES)
def test_a_change_touches_the_files_that_its_recipe_counts(change):
    pattern, files, others = EXAMPLES[change]
    assert naming(pattern) == files
    assert recipes()[change] == len(files) + others


def test_no_room_names_a_second_factor_but_by_the_registry():
    """The face of views does, and ``models``, where Django looks for the tables of a factor."""
    rooms = {path for path in naming(r"factors\.recovery_codes") if not path.startswith("factors/")}
    assert rooms == {"models.py", "views.py"}
    assert "factors/registry.py" in naming(r"factors\.recovery_codes")
    assert recipes()["second factor"] == len(["factors/registry.py", "urls.py", "views.py"])


def test_there_is_an_example_of_every_recipe():
    assert set(recipes()) == {*EXAMPLES, "second factor"}
