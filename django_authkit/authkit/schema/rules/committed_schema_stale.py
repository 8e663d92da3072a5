"""The committed document differs from the one that the project generates.

## What it does

With `--schema FILE`: generates the document, and compares its operations, their `security` and the
security schemes with those of the file. Descriptions, examples and order are not compared.

## Why is this bad?

Clients are generated from the file. They cannot call an operation that it omits, they call removed
operations in vain, and they do not meet a requirement that has changed.

## Example

A view gets a permission, and the file is not generated again:

    paths:
      /reports/:
        get:
          security: []

## Use instead

    $ python manage.py spectacular --file openapi.yaml

in the same commit, and `manage.py authkit_audit_schema --schema openapi.yaml` in CI.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.model.suggest import REGENERATE
from authkit.schema.openapi.document import (
    Document,
    effective_security,
    fingerprint,
    operations,
    security_schemes,
)
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    if schema.live is None:
        return
    offences = chain(_operations(schema, schema.live), _schemes(schema.document, schema.live))
    yield from (replace(offence, suggestion=REGENERATE) for offence in offences)


def _operations(schema: AuditedSchema, live: Document) -> Iterator[Offence]:
    today = {(path, method): operation for path, method, operation in operations(live)}
    for audited in schema.operations:
        operation = today.pop((audited.path, audited.method), None)
        if operation is None:
            yield Offence(audited.place, "The file has the operation, and the project does not.")
        elif _security(schema.document, audited.document) != _security(live, operation):
            message = f"The project declares security {_security(live, operation)}."
            yield Offence(audited.place, message)
    for path, method in today:
        yield Offence(Place(path, method), "The project has the operation, and the file does not.")


def _security(document: Document, operation: Any) -> str:
    security = effective_security(document, operation)
    # [] and [{}] mean the same.
    return fingerprint([] if security == [{}] else security)


def _schemes(document: Document, live: Document) -> Iterator[Offence]:
    before, today = security_schemes(document), security_schemes(live)
    for name in sorted({*before, *today}):
        if fingerprint(before.get(name)) != fingerprint(today.get(name)):
            message = f'The scheme "{name}" differs in the project.'
            yield Offence(Place(), message, subject=name)


RULE = Rule("AK504", "committed-schema-stale", Severity.WARNING, __doc__, look)
