"""A requirement names a security scheme that the document does not define.

## What it does

Looks up every scheme name in every `security` requirement, of the operations and of the root,
under `components.securitySchemes`.

## Why is this bad?

A client generator has nothing to generate for such a name: some stop with an error, others send no
credential at all. drf-spectacular's `--validate` does not notice it.

## Example

    SPECTACULAR_SETTINGS = {"SECURITY": [{"gateway": []}]}

`gateway` is defined nowhere. A `SECURITY_SCHEMES` key beside it would be ignored silently:
drf-spectacular has no such setting.

## Use instead

    SPECTACULAR_SETTINGS = {
        "SECURITY": [{"gateway": []}],
        "APPEND_COMPONENTS": {
            "securitySchemes": {
                "gateway": {"type": "apiKey", "in": "header", "name": "X-Gateway-Key"}
            }
        },
    }

## How to silence

An entry in `AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with the rule, the scheme as `subject` and a
reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Rule, Severity
from authkit.schema.model.places import requirement_lists
from authkit.schema.model.suggest import appended_scheme
from authkit.schema.openapi.document import security_schemes, well_formed


def look(truth: Truth) -> Iterator[Offence]:
    defined = security_schemes(truth.document)
    for place, requirements in requirement_lists(truth):
        for name in undefined(requirements, defined):
            message = f'The scheme "{name}" is required and defined nowhere.'
            yield Offence(place, message, subject=name, suggestion=appended_scheme(name))


def undefined(requirements: Any, defined: dict[str, Any]) -> list[str]:
    named = {name for requirement in well_formed(requirements) for name in requirement}
    return sorted(named.difference(defined))


RULE = Rule("AK101", "undefined-scheme", Severity.ERROR, __doc__, look)
