"""Arabic, whose lines run from right to left."""

import re

from tests.catalogues.catalogues import read

#: What is turned round between Arabic words: numbers before letters ("2001:db8::/32").
MIXED = re.compile(r"\b[\d.:]+[/:](?:[a-z]|\d)[\w:/]*")


def test_examples_of_numbers_and_letters_are_isolated():
    """They stand between a left-to-right isolate and its end (UAX #9)."""
    found = 0
    for message in read("ar"):
        for example in MIXED.findall(message.id if isinstance(message.id, str) else ""):
            found += 1
            assert f"\u2066{example}\u2069" in message.string, message.id
    assert found >= 5
