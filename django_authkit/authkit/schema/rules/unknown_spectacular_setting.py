"""`SPECTACULAR_SETTINGS` has a key that drf-spectacular does not know.

## What it does

Compares the keys with those that the installed version of drf-spectacular reads.

## Why is this bad?

drf-spectacular ignores such a key silently. The author of `SECURITY_SCHEMES` believes that the API
has a security scheme, and no document contains it.

## Example

    SPECTACULAR_SETTINGS = {
        "SECURITY_SCHEMES": {"bearerAuth": {"type": "http", "scheme": "bearer"}},
    }

## Use instead

    SPECTACULAR_SETTINGS = {
        "APPEND_COMPONENTS": {
            "securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer"}},
        },
    }
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from django.conf import settings
from drf_spectacular.settings import SPECTACULAR_DEFAULTS

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.results.findings import Offence, Rule, Severity, exemption

#: Keys that were seen in real projects, and what their authors meant.
MEANT = {
    "COMPONENTS": "APPEND_COMPONENTS",
    "SECURITY_DEFINITIONS": "APPEND_COMPONENTS",
    "SECURITY_SCHEMES": "APPEND_COMPONENTS",
}

#: The letters by which a mistyped key differs: one is missing, two are swapped, one is another.
MISTYPED = 2


def look(schema: AuditedSchema) -> Iterator[Offence]:
    written = getattr(settings, "SPECTACULAR_SETTINGS", {})
    for key in sorted(set(written) - set(SPECTACULAR_DEFAULTS)):
        meant = meant_by(key)
        hint = f'; "{meant}" may be meant' if meant else ""
        yield Offence(
            Place(),
            f'drf-spectacular has no setting "{key}"{hint}.',
            subject=key,
            suggestion=_moved(key, meant) if meant and meant not in written else "",
        )


def meant_by(key: str) -> str:
    """Return the key that is meant, "" if that would be a guess."""
    mistyped = (known for known in SPECTACULAR_DEFAULTS if _difference(key, known) <= MISTYPED)
    return MEANT.get(key) or next(mistyped, "")


def _difference(key: str, known: str) -> int:
    """Return how many letters only one of the two has, in capitals."""
    matched = difflib.SequenceMatcher(None, key.upper(), known).get_matching_blocks()
    return len(key) + len(known) - 2 * sum(block.size for block in matched)


def _moved(key: str, meant: str) -> str:
    """Return the code that puts the value where it is read."""
    value = f'SPECTACULAR_SETTINGS.pop("{key}")'
    if key in MEANT and key != "COMPONENTS":
        value = f'{{"securitySchemes": {value}}}'
    return f'SPECTACULAR_SETTINGS["{meant}"] = {value}'


RULE = Rule(
    "AK501",
    "unknown-spectacular-setting",
    Severity.ERROR,
    __doc__,
    look,
    silence=exemption("the key as `subject`"),
)
