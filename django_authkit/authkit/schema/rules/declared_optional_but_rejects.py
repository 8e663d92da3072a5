"""The document says that a credential is optional, and the view refuses anonymous callers.

## What it does

Finds the operations whose `security` holds requirements and `{}`, and whose views refuse anonymous
callers.

## Why is this bad?

`{}` promises that a request without a credential succeeds. It is answered 401 or 403.

## Example

    class ReportView(APIView):
        permission_classes = [AllowAny, IsAuthenticated]

drf-spectacular sees `AllowAny` in the list and adds `{}`. All permissions of a list must agree, so
`AllowAny` beside another one has no effect.

## Use instead

    class ReportView(APIView):
        permission_classes = [IsAuthenticated]

`authkit.schema.hooks.postprocess_schema_security` removes the `{}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema
from authkit.schema.model.imposed import is_due_to_setting
from authkit.schema.model.suggest import WITHOUT_SECURITY
from authkit.schema.openapi.document import Declared
from authkit.schema.probe.decision import State
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.in_state(State.SECURED):
        if audited.declared is Declared.OPTIONAL:
            message = "The document makes the credential optional, and the view requires one."
            yield Offence(audited.place, message, suggestion=_suggestion(schema, audited))


def _suggestion(schema: AuditedSchema, audited: AuditedOperation) -> str:
    if is_due_to_setting(audited, schema.catalogue):
        return WITHOUT_SECURITY
    return audited.suggested_auth(schema.catalogue)


RULE = Rule("AK303", "declared-optional-but-rejects", Severity.ERROR, __doc__, look)
