"""The document names a security scheme that nothing on the view reads.

## What it does

Compares the schemes in the `security` of an operation with those of the view's authenticators and
key permissions. Views with an authenticator that nothing describes (AK201) are not reported, nor
are undecided ones (a view that raises is AK305), nor schemes that are not defined (AK101) or that
`SECURITY` adds to every operation (AK502).

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

from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema
from authkit.schema.model.imposed import imposed_requirements
from authkit.schema.openapi.document import security_schemes, well_formed
from authkit.schema.probe.decision import NOTHING
from authkit.schema.results.findings import Offence, Rule, Severity, exemption


def look(schema: AuditedSchema) -> Iterator[Offence]:
    catalogue, defined = schema.catalogue, security_schemes(schema.document)
    for audited in schema.operations:
        if not _knows_what_is_read(audited):
            continue
        read = catalogue.names_of(audited.descriptions.values())
        imposed = imposed_requirements(audited, catalogue)
        written = well_formed(audited.document.get("security"))
        own = [item for item in written if item not in imposed]
        for name in dict.fromkeys(name for item in own for name in item):
            if name in defined and name not in read:
                message = f'Nothing on the view reads "{name}".'
                yield Offence(audited.place, message, subject=name)


def _knows_what_is_read(audited: AuditedOperation) -> bool:
    """Tell whether every credential of the view is known. A view that failed says nothing."""
    decision = audited.decision
    if decision is None or not decision.is_decided or decision.offered is NOTHING:
        return False
    return not audited.reads_unknown


RULE = Rule(
    "AK202",
    "declared-scheme-has-no-authenticator",
    Severity.ERROR,
    __doc__,
    look,
    silence=exemption("the scheme as `subject`", "which gateway or middleware reads it"),
)
