"""No caller is admitted: the permissions require a user, and no authenticator identifies one.

## What it does

Finds the views without authenticators that refuse anonymous callers and would admit a user. A view
that refuses users as well is not reported: it may require something else, such as a client IP or a
signature.

## Why is this bad?

The endpoint answers 403 to every request. It was meant to be open, or it was meant to be protected;
it is neither.

## Example

    class HealthView(APIView):
        authentication_classes = []  # IsAuthenticated still comes from the defaults

## Use instead

    class HealthView(APIView):
        authentication_classes = []
        permission_classes = [AllowAny]
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.probe.decision import State
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.in_state(State.CLOSED):
        yield Offence(
            audited.place,
            "The permissions require a user, and no authenticator identifies one.",
        )


RULE = Rule("AK304", "dead-endpoint", Severity.ERROR, __doc__, look)
