"""The document offers a credential to a view that reads none.

## What it does

Finds the operations that are declared optional, requirements and `{}`, and whose views are public:
no credential makes a difference.

## Why is this bad?

Clients send a token that no code checks. It ends up in logs without need, and an expired one is not
refused as they expect.

## Example

    class HealthView(APIView):
        authentication_classes = []
        permission_classes = [AllowAny]

        @extend_schema(auth=[{"jwtAuth": []}, {}])
        def get(self, request): ...

## Use instead

Omit `auth`. `authkit.schema.hooks.postprocess_schema_security` writes `security: []`.
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
    for audited in schema.in_state(State.PUBLIC):
        if audited.declared is Declared.OPTIONAL:
            message = "The document offers credentials that the view does not read."
            yield Offence(audited.place, message, suggestion=_suggestion(schema, audited))


def _suggestion(schema: AuditedSchema, audited: AuditedOperation) -> str:
    if is_due_to_setting(audited, schema.catalogue):
        return WITHOUT_SECURITY
    return audited.suggested_auth(schema.catalogue)


RULE = Rule("AK205", "optional-auth-but-no-authenticators", Severity.NOTE, __doc__, look)
