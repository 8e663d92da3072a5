"""A `security` list holds something that is no requirement.

## What it does

Checks that every `security` is a list of objects, and that each object leads from a scheme name to
a list of scopes.

## Why is this bad?

The document is not valid OpenAPI. `null` stops some linters altogether, and a bare name protects
nothing in the eyes of a client generator.

## Example

    @extend_schema(auth=["tokenAuth"])   # the signature says strings, the document wants objects
    def get(self, request): ...

## Use instead

    @extend_schema(auth=[{"tokenAuth": []}])
    def get(self, request): ...

Or leave `auth` out: the authenticators of the view are documented without it.

`authkit.schema.hooks.postprocess_schema_security` reads a bare name, or one with something else
than a list of scopes, as what was meant, and drops the rest, where it could be decided who may
call.

## How to silence

An entry in `AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with the rule, the operation and a reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Rule, Severity
from authkit.schema.model.places import requirement_lists
from authkit.schema.model.suggest import auth
from authkit.schema.openapi.document import fingerprint


def look(truth: Truth) -> Iterator[Offence]:
    for place, requirements in requirement_lists(truth):
        if not isinstance(requirements, list):
            yield Offence(place, "security is not a list.")
            continue
        for requirement in requirements:
            if not is_requirement(requirement):
                message = f"{fingerprint(requirement)} is not a security requirement."
                yield Offence(place, message, suggestion=suggestion(requirement))


def is_requirement(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and isinstance(scopes, list) for name, scopes in value.items()
    )


def suggestion(value: Any) -> str:
    return auth([{value: []}]) if isinstance(value, str) else ""


RULE = Rule("AK105", "malformed-requirement", Severity.ERROR, __doc__, look)
