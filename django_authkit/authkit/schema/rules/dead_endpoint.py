"""Nobody can call the operation: a user is demanded, and no authenticator can bring one.

## What it does

Finds the views without authenticators that refuse anonymous callers and would admit a user. A view
that refuses users as well is left alone: it may want something else, an address or a signature.

## Why is this bad?

The endpoint answers 403 to everybody, whatever they send. It was meant to be open, or it was meant
to be protected; it is neither.

## Example

    class HealthView(APIView):
        authentication_classes = []      # IsAuthenticated still comes from the defaults

## Use instead

    class HealthView(APIView):
        authentication_classes = []
        permission_classes = [AllowAny]

## How to silence

An entry in `AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with the rule, the operation and a reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Rule, Severity
from authkit.schema.model.places import in_state, place_of
from authkit.schema.probe.decide import State


def look(truth: Truth) -> Iterator[Offence]:
    for judged in in_state(truth, State.CLOSED):
        yield Offence(
            place_of(judged),
            "The permissions demand a user, and no authenticator can bring one.",
        )


RULE = Rule("AK304", "dead-endpoint", Severity.ERROR, __doc__, look)
