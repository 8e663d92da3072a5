"""Access is decided by the object, or by the handler itself.

## What it does

Reports the operations whose permissions let anonymous callers reach the object check
(`has_object_permission()`), and handlers that refuse by themselves, which `--tier T4` finds.

## Why is this bad?

Such a decision depends on rows and on code that no list of permissions shows. It is easily
forgotten in the next handler: only `get_object()` calls `has_object_permission()`.

## Example

    class IsOwner(BasePermission):
        def has_object_permission(self, request, view, obj):
            return obj.owner == request.user


    class ReportView(RetrieveAPIView):
        permission_classes = [IsOwner]

## Use instead

    class ReportView(RetrieveAPIView):
        permission_classes = [IsAuthenticated, IsOwner]

## References

- OWASP API Security Top 10 (2023), API1: Broken Object Level Authorization
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.operations:
        decision = audited.decision
        if decision is not None and decision.depends_on:
            yield Offence(audited.place, f"Access is decided by {decision.depends_on}.")


RULE = Rule("AK307", "decision-in-object-or-handler", Severity.NOTE, __doc__, look)
