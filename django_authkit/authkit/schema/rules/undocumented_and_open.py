"""A view of the API is in no document, and anybody may call it.

## What it does

Looks through the URLconf for views of REST framework that the document leaves out, and reports
those that anonymous callers get into. Views of the schema itself and roots of routers are left
alone.

## Why is this bad?

What is in no document is in no review either. Old versions and internal helpers are found by
trying.

## Example

    class OldExportView(APIView):
        schema = None
        permission_classes = [AllowAny]

## Use instead

Take the route away, or give the view the permission that it wants.

## How to silence

An entry in `AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with the rule, the operation and a reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Place, Rule, Severity
from authkit.schema.model.undocumented import undocumented_operations
from authkit.schema.probe.prober import inquiry
from authkit.schema.probe.tiers import Probe, Tier


def look(truth: Truth) -> Iterator[Offence]:
    operations = list(undocumented_operations(truth))
    with inquiry(Probe(Tier.T1), ()) as asked:
        for operation in operations:
            if asked.decide(operation).is_open:
                place = Place(operation.path, operation.method, operation.view_name)
                yield Offence(place, "The document does not know this view, and it is open.")


RULE = Rule("AK601", "undocumented-and-open", Severity.NOTE, __doc__, look)
