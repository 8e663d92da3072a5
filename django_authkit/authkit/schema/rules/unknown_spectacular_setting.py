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
from authkit.schema.model.findings import Offence, Rule, Severity, exemption

#: Keys that were seen in real projects, and what their authors meant.
MEANT = {
    "COMPONENTS": "APPEND_COMPONENTS",
    "SECURITY_DEFINITIONS": "APPEND_COMPONENTS",
    "SECURITY_SCHEMES": "APPEND_COMPONENTS",
}


def look(schema: AuditedSchema) -> Iterator[Offence]:
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


RULE = Rule(
    "AK501",
    "unknown-spectacular-setting",
    Severity.ERROR,
    __doc__,
    look,
    silence=exemption("the key as `subject`"),
)
