"""The document declares the operation public, and the view refuses anonymous callers.

## What it does

Asks the view's permissions about an anonymous caller, and compares the answer with the `security`
of the operation. An operation without `security`, in a document without one at the root, is public;
so is one with `{}` alone.

## Why is this bad?

Clients send no credential and are answered 401 or 403. Reviewers read a protected operation as open
and look for a vulnerability that does not exist, or stop reading such lines.

## Example

    class ReportView(APIView):
        permission_classes = [IsAuthenticated]

        @extend_schema(auth=[])  # left over from when the view was open
        def get(self, request): ...

The same happens when no extension describes the authenticator (AK201), and when a permission such
as `HasAPIKey` is the only one to read a credential.

## Use instead

Remove `auth=[]`. `authkit.schema.hooks.postprocess_schema_security` writes the requirements of the
authenticators and of the key permissions.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.openapi.document import Declared
from authkit.schema.probe.decision import State
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.in_state(State.SECURED):
        if audited.declared is Declared.PUBLIC:
            message = "The document requires no credential, and the view refuses anonymous callers."
            yield Offence(
                audited.place, message, suggestion=audited.suggested_auth(schema.catalogue)
            )


RULE = Rule("AK302", "declared-public-but-rejects", Severity.ERROR, __doc__, look)
