"""A view of the API is not documented, and admits anonymous callers.

## What it does

Searches the URLconf for views of REST framework that the document omits, and reports those that
admit anonymous callers. Views of the schema itself and roots of routers are not reported.

## Why is this bad?

A review of the document misses the view. Attackers find old versions and internal endpoints by
guessing paths.

## Example

    class OldExportView(APIView):
        schema = None
        permission_classes = [AllowAny]

## Use instead

Remove the route, or give the view the permission that it needs.

## References

- OWASP API Security Top 10 (2023), API9: Improper Inventory Management
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.model.undocumented import undocumented_operations
from authkit.schema.probe.prober import access_prober
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    operations = list(undocumented_operations(schema))
    if not operations:
        return
    with access_prober(Probe(Tier.T1), ()) as asked:
        for operation in operations:
            if asked.decide(operation).is_open:
                place = Place(operation.path, operation.method, operation.view_name)
                yield Offence(place, "The view is not documented, and it is open.")


RULE = Rule("AK601", "undocumented-and-open", Severity.NOTE, __doc__, look)
