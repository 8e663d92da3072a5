"""The document promises 401 for a view that reads no credential.

## What it does

Finds the operations that are public, without any authenticator, and document 401. Unsafe methods
are not reported: a login answers 401 to a wrong password.

## Why is this bad?

Generated clients handle a refusal that never happens, and readers look for the credential that it
refers to.

## Example

    @extend_schema(responses={200: Health, 401: Error})
    class HealthView(APIView):
        authentication_classes = []
        permission_classes = [AllowAny]

## Use instead

    @extend_schema(responses={200: Health})

`authkit.schema.hooks.postprocess_schema_security` removes the 401 where its only reason is a
documented requirement that is not true. Where `SECURITY` is set, an `AutoSchema` that calls its
`get_auth()` writes such a 401; that of drf-standardized-errors does. Any other one stays, because
the handler may answer it by itself: a 401 in `@extend_schema`, one of another hook, and one that is
written with requirements and without.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.model.suggest import NO_REFUSAL
from authkit.schema.model.unfounded_401 import documents_401_without_credentials
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.operations:
        if documents_401_without_credentials(audited):
            message = "401 is documented, and no credential is read."
            yield Offence(audited.place, message, suggestion=NO_REFUSAL)


RULE = Rule("AK403", "public-documents-401", Severity.NOTE, __doc__, look)
