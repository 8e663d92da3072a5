"""The document promises 401 for a view that reads no credential.

## What it does

Finds the operations that are public, without any authenticator, and document 401. Unsafe methods
are left alone: a login answers 401 to a wrong password.

## Why is this bad?

Generated clients prepare for a refusal that never comes, and readers look for the credential that
it is about.

## Example

    @extend_schema(responses={200: Health, 401: Error})
    class HealthView(APIView):
        authentication_classes = []
        permission_classes = [AllowAny]

## Use instead

    @extend_schema(responses={200: Health})

## How to silence

An entry in `AUTHKIT["AUDIT"]` with the rule, the operation and a reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.decide import State
from authkit.schema.findings import Offence, Rule, Severity
from authkit.schema.places import in_state, place_of
from authkit.schema.suggest import NO_REFUSAL
from authkit.schema.truth import Truth


def look(truth: Truth) -> Iterator[Offence]:
    for judged in in_state(truth, State.PUBLIC):
        responses = {str(code) for code in judged.document.get("responses", {})}
        reads = judged.decision and judged.decision.offered.authenticators
        if judged.method == "get" and not reads and "401" in responses:
            message = "401 is documented, and no credential is read."
            yield Offence(place_of(judged), message, suggestion=NO_REFUSAL)


RULE = Rule("AK403", "public-documents-401", Severity.NOTE, __doc__, look)
