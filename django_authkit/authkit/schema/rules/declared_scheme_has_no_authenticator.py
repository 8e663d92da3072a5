"""The document names a security scheme that nothing on the view reads.

## What it does

Compares the schemes in the `security` of an operation with those of the view's authenticators and
key permissions. Views with an authenticator that nothing describes (AK201) are not reported, nor
are schemes that are not defined (AK101).

## Why is this bad?

Clients send a credential that the view does not read, and are refused.

## Example

    class ReportView(APIView):
        authentication_classes = [JWTAuthentication]

        @extend_schema(auth=[{"basicAuth": []}])
        def get(self, request): ...

## Use instead

    class ReportView(APIView):
        authentication_classes = [JWTAuthentication]

        def get(self, request): ...

`authkit.schema.hooks.postprocess_schema_security` removes schemes that belong to other views. It
keeps one that no view of the project reads: a gateway may.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.model.findings import Offence, Rule, Severity, exemption
from authkit.schema.openapi.document import security_schemes, well_formed


def look(schema: AuditedSchema) -> Iterator[Offence]:
    catalogue, defined = schema.catalogue, security_schemes(schema.document)
    for audited in schema.operations:
        if audited.decision is None or None in audited.descriptions.values():
            continue
        read = catalogue.names_of(audited.descriptions.values())
        own = well_formed(audited.document.get("security"))
        for name in dict.fromkeys(name for item in own for name in item):
            if name in defined and name not in read:
                message = f'Nothing on the view reads "{name}".'
                yield Offence(audited.place, message, subject=name)


RULE = Rule(
    "AK202",
    "declared-scheme-has-no-authenticator",
    Severity.ERROR,
    __doc__,
    look,
    silence=exemption("the scheme as `subject`", "which gateway or middleware reads it"),
)
