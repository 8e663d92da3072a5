"""The committed pages are those that the rules and the reporters make."""

from __future__ import annotations

from dataclasses import replace

import pytest
from authkit.schema.rules import find_rule

from tests.schema.pages.generated import DOCS, pages

PAGES = pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_is_up_to_date(path):
    assert path.read_text(encoding="utf-8") == PAGES[path], "run python -m tests.schema.pages"


def test_no_page_is_left_over():
    assert {*(DOCS / "rules").iterdir()} == {path for path in PAGES if path.parent.name == "rules"}


def test_code_names_its_language_and_rules_are_links():
    text = """The first sentence.

## Example

    class View(APIView):
        schema = None

        def get(self, request): ...

    security:
    - jwtAuth: []

    $ python manage.py check

See AK101.
"""
    rule = replace(find_rule("AK101"), text=text, silence="Not at all.")
    page = pages([rule])[DOCS / "rules" / "AK101.md"]
    assert (
        page
        == """# AK101 undefined-scheme

Severity: error

The first sentence.

## Example

```python
class View(APIView):
    schema = None

    def get(self, request): ...
```

```yaml
security:
- jwtAuth: []
```

```console
$ python manage.py check
```

See [AK101](AK101.md).

## How to silence

Not at all.
"""
    )


@pytest.mark.parametrize("named", ["AK999", "`SECURTY`", '`SPECTACULAR_SETTINGS["SECURTY"]`'])
def test_a_rule_that_names_what_does_not_exist_has_no_page(named):
    rule = replace(find_rule("AK102"), text=f"Like {named}.")
    with pytest.raises(ValueError, match=r"AK102 names what does not exist: (AK999|SECURTY)\."):
        pages([rule])
