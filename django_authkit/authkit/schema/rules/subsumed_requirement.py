"""A requirement contains another one of the same list.

## What it does

Compares the requirements of one `security` list with each other. Each of them alone is sufficient,
so one that contains another adds nothing. `{}` is not reported: it makes credentials optional.

## Why is this bad?

It reads as if the second credential were checked, and it is not: a caller with the first is
admitted. Usually `&` was meant, and the shorter requirement has another source, such as `SECURITY`.

## Example

    security:
    - jwtAuth: []
    - jwtAuth: []
      apiKey: []        # never needed

## Use instead

    security:
    - jwtAuth: []
      apiKey: []

if both are required, else the first alone.

## References

- OpenAPI Specification, Security Requirement Object
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.openapi.document import Requirement, well_formed
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for place, requirements in schema.requirement_lists:
        for smaller, larger in permutations(well_formed(requirements), 2):
            if is_part(smaller, larger):
                message = f"A caller with {said(smaller)} does not need {said(larger)}."
                yield Offence(place, message, subject=said(larger))


def is_part(smaller: Requirement, larger: Requirement) -> bool:
    return (
        bool(smaller)
        and smaller != larger
        and all(name in larger and {*scopes} <= {*larger[name]} for name, scopes in smaller.items())
    )


def said(requirement: Requirement) -> str:
    parts = (" ".join([name, *scopes]) for name, scopes in requirement.items())
    return " and ".join(sorted(parts))


RULE = Rule("AK108", "subsumed-requirement", Severity.WARNING, __doc__, look)
