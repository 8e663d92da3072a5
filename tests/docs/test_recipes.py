"""The recipes that the documentation shows are those that are held against attacks."""

import re

import pytest

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "how-to" / "verify-elsewhere.md"
VERIFIERS = ROOT / "tests" / "contract" / "verifiers"


@pytest.mark.parametrize(
    ("language", "name"), [("python", "verify.py"), ("typescript", "verify.ts")]
)
def test_the_page_shows_the_recipe_that_is_tested(language, name):
    shown = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert (VERIFIERS / name).read_text() in shown
