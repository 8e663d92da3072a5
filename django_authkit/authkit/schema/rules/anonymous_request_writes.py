"""The check of a request has side effects.

## What it does

Reports what the code before the handler attempted during the probe: SQL statements that write,
mail, connections to other hosts, tasks, subprocesses. Each attempt was blocked and had no effect.
The message names the middleware, permission or authenticator, with its file and line.

## Why is this bad?

Any unauthenticated client can fill a table, send mail or load another service. The check also slows
down every request.

## Example

    class CountedPermission(BasePermission):
        def has_permission(self, request, view):
            Visit.objects.create(path=request.path)
            return True

## Use instead

Do it in the handler, after the caller was admitted, or in a throttle.

## References

- OWASP API Security Top 10 (2023), API4: Unrestricted Resource Consumption
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.operations:
        for attempt in audited.decision.attempts if audited.decision else ():
            yield Offence(audited.place, f"The code before the handler {attempt}.")


RULE = Rule("AK306", "anonymous-request-writes", Severity.WARNING, __doc__, look)
