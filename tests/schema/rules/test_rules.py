"""What every rule has: an id, a name, a text and a test of its own."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

import pytest
from authkit.schema.rules import GROUPS, RULES

HEADINGS = [
    "## What it does",
    "## Why is this bad?",
    "## Example",
    "## Use instead",
    "## References",
    "## How to silence",
]
OPTIONAL = "## References"

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def test_ids_are_counted_without_a_gap_in_each_group():
    for group, rules in groupby(RULES, key=lambda rule: rule.id[:3]):
        ids = [rule.id for rule in rules]
        assert group in GROUPS
        assert ids == [f"{group}{number:02}" for number in range(1, len(ids) + 1)]


def test_no_two_rules_have_the_same_name():
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_every_rule_has_a_file_of_tests():
    tests = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    names = {f"test_{rule.name.replace('-', '_')}.py" for rule in RULES}
    assert tests == names | {Path(__file__).name}


@every_rule
def test_a_rule_is_in_a_file_that_has_its_name(rule):
    module = rule.look.__module__
    assert module == f"authkit.schema.rules.{rule.name.replace('-', '_')}"
    assert rule.text == sys.modules[module].__doc__


@every_rule
def test_a_text_has_all_its_sections_in_the_same_order(rule):
    headings = [line for line in rule.page.splitlines() if line.startswith("## ")]
    assert headings in (HEADINGS, [one for one in HEADINGS if one != OPTIONAL])
