"""Two operations share an `operationId`, or are told apart by a number.

## What it does

Looks for an `operationId` that occurs twice, and for one that equals another plus `_2`, `_3` and so
on: drf-spectacular resolves collisions that way.

## Why is this bad?

Generators derive method names from operation ids. A duplicate is invalid OpenAPI, and loses one of
the two. Numbers follow the order of the routes: insert a route before the others, and
`orders_retrieve_2` is another operation in every client.

## Example

    path("orders/", OrderView.as_view())  # orders_retrieve
    path("orders/<int:pk>/", OrderView.as_view())  # orders_retrieve_2

## Use instead

    @extend_schema(operation_id="orders_list")
    def get(self, request): ...

## References

- OpenAPI Specification, Operation Object
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.model.findings import Offence, Rule, Severity

NUMBERED = re.compile(r"(.+)_\d+")


def look(schema: AuditedSchema) -> Iterator[Offence]:
    places: dict[str, list[Place]] = {}
    for audited in schema.operations:
        places.setdefault(str(audited.document.get("operationId", "")), []).append(audited.place)
    places.pop("", None)
    for operation_id, found in places.items():
        for place in found[1:]:
            message = f'"{operation_id}" is also the operationId of {found[0].label}.'
            yield Offence(place, message, subject=operation_id)
        numbered = NUMBERED.fullmatch(operation_id)
        if numbered and numbered[1] in places:
            message = f'"{operation_id}" has a number because "{numbered[1]}" was taken.'
            yield Offence(found[0], message, subject=operation_id)


RULE = Rule("AK110", "operation-id-collision", Severity.NOTE, __doc__, look)
