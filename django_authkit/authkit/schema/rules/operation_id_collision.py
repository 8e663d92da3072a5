"""Two operations have one `operationId`, or had to be told apart by a number.

## What it does

Looks for an `operationId` that occurs twice, and for one that is another one with `_2`, `_3` and so
on behind it: that is how drf-spectacular resolves a collision.

## Why is this bad?

Generators make method names of operation ids. Twice the same is invalid OpenAPI, and loses one of
the two. A number is given in the order of the routes: put a route before the others, and
`orders_retrieve_2` means something else in every client.

## Example

    path("orders/", OrderView.as_view()),                # orders_retrieve
    path("orders/<int:pk>/", OrderView.as_view()),       # orders_retrieve_2

## Use instead

    @extend_schema(operation_id="orders_list")
    def get(self, request): ...

## How to silence

An entry in `AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with the rule, the operation and a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Place, Rule, Severity
from authkit.schema.model.places import place_of

NUMBERED = re.compile(r"(.+)_\d+")


def look(truth: Truth) -> Iterator[Offence]:
    places: dict[str, list[Place]] = {}
    for judged in truth.judged:
        places.setdefault(str(judged.document.get("operationId", "")), []).append(place_of(judged))
    places.pop("", None)
    for operation_id, found in places.items():
        for place in found[1:]:
            message = f'"{operation_id}" is the operationId of {found[0].label} as well.'
            yield Offence(place, message, subject=operation_id)
        numbered = NUMBERED.fullmatch(operation_id)
        if numbered and numbered[1] in places:
            message = f'"{operation_id}" has a number because "{numbered[1]}" was taken.'
            yield Offence(found[0], message, subject=operation_id)


RULE = Rule("AK110", "operation-id-collision", Severity.NOTE, __doc__, look)
