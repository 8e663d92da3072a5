"""Two operations share an `operationId`, or are told apart by a number.

## What it does

Looks for an `operationId` that occurs twice, in operations, webhooks and callbacks, and for one
that is another one's and a number: drf-spectacular resolves collisions that way. A number that is
a part of the name is not reported, nor are routes that are included twice (AK112).

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

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.model.operation_ids import collisions
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for collision in collisions(schema):
        operation_id, wanted = collision.second.operation_id, collision.wanted
        if collision.inclusions:
            continue
        if operation_id == wanted:
            message = f'"{operation_id}" is also the operationId of {collision.first.place.label}.'
        else:
            message = f'"{operation_id}" has a number because "{wanted}" was taken.'
        yield Offence(collision.second.place, message, subject=operation_id)


RULE = Rule("AK110", "operation-id-collision", Severity.NOTE, __doc__, look)
