"""The document says that anybody may call, and the view refuses anonymous callers.

## What it does

Asks the view's permissions about an anonymous caller, and compares the answer with the `security`
of the operation. An absent `security` without one at the root means public, and so does `{}` alone.

## Why is this bad?

Clients send no credential and get 401 or 403. Reviewers read a protected operation as open and look
for a hole that is not there, or stop reading such lines.

## Example

    class ReportView(APIView):
        permission_classes = [IsAuthenticated]

        @extend_schema(auth=[])      # left over from the day when the view was open
        def get(self, request): ...

The same happens when no extension describes the authenticator (AK201), and when a permission such
as `HasAPIKey` is the only thing that reads a credential.

## Use instead

Remove `auth=[]`. `authkit.schema.hooks.postprocess_schema_security` writes the requirements of the
authenticators and of the key permissions.

## How to silence

An entry in `AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with the rule, the operation and a reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Rule, Severity
from authkit.schema.model.places import in_state, mended, place_of
from authkit.schema.openapi.document import Declared, declared_state
from authkit.schema.probe.decide import State


def look(truth: Truth) -> Iterator[Offence]:
    for judged in in_state(truth, State.SECURED):
        if declared_state(truth.document, judged.document) is Declared.PUBLIC:
            message = "The document demands no credential, and the view refuses anonymous callers."
            yield Offence(place_of(judged), message, suggestion=mended(truth, judged))


RULE = Rule("AK302", "declared-public-but-rejects", Severity.ERROR, __doc__, look)
