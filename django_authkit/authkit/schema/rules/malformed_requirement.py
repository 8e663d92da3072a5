"""A `security` list holds an entry that is not a security requirement.

## What it does

Checks that every `security` is a list of objects, and that each object maps scheme names to lists
of scopes.

## Why is this bad?

The document is not valid OpenAPI. `null` stops some linters, and client generators ignore a bare
name.

## Example

    @extend_schema(auth=["tokenAuth"])  # the signature says strings, OpenAPI requires objects
    def get(self, request): ...

## Use instead

    @extend_schema(auth=[{"tokenAuth": []}])
    def get(self, request): ...

Or omit `auth`: the authenticators of the view are documented without it.

`authkit.schema.hooks.postprocess_schema_security` corrects a bare name, and a name with a value
that is not a list of scopes, and drops the rest, where access could be decided.

## References

- OpenAPI Specification, Security Requirement Object
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.openapi.document import fingerprint
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for place, requirements in schema.requirement_lists:
        if not isinstance(requirements, list):
            yield Offence(place, "security is not a list.")
            continue
        for requirement in requirements:
            if not is_requirement(requirement):
                message = f"{fingerprint(requirement)} is not a security requirement."
                yield Offence(place, message, suggestion=_suggestion(schema, place, requirement))


def is_requirement(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and isinstance(scopes, list) for name, scopes in value.items()
    )


def _suggestion(schema: AuditedSchema, place: Place, value: Any) -> str:
    return schema.auth(place, [{value: []}]) if isinstance(value, str) else ""


RULE = Rule("AK105", "malformed-requirement", Severity.ERROR, __doc__, look)
