"""`SPECTACULAR_SETTINGS` has a key that drf-spectacular does not know.

## What it does

Compares the keys with those that the installed version of drf-spectacular reads.

## Why is this bad?

drf-spectacular ignores such a key without a word. Whoever wrote `SECURITY_SCHEMES` believes that
their API has a security scheme, and it is in no document.

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

## How to silence

An entry in `AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with the rule, the key as `subject` and a reason.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from django.conf import settings
from drf_spectacular.settings import SPECTACULAR_DEFAULTS

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Place, Rule, Severity

#: Keys that were seen in real projects, and what their authors meant.
MEANT = {
    "COMPONENTS": "APPEND_COMPONENTS",
    "SECURITY_DEFINITIONS": "APPEND_COMPONENTS",
    "SECURITY_SCHEMES": "APPEND_COMPONENTS",
}


def look(truth: Truth) -> Iterator[Offence]:
    written = getattr(settings, "SPECTACULAR_SETTINGS", {})
    for key in sorted(set(written) - set(SPECTACULAR_DEFAULTS)):
        meant = meant_by(key)
        hint = f'; "{meant}" may be meant' if meant else ""
        yield Offence(
            Place(),
            f'drf-spectacular has no setting "{key}"{hint}.',
            subject=key,
            suggestion=f'SPECTACULAR_SETTINGS["{meant}"] = ...' if meant else "",
        )


def meant_by(key: str) -> str:
    close = difflib.get_close_matches(key, SPECTACULAR_DEFAULTS, n=1)
    return MEANT.get(key) or next(iter(close), "")


RULE = Rule("AK501", "unknown-spectacular-setting", Severity.ERROR, __doc__, look)
