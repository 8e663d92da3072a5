"""The document requires a credential, and the view admits anonymous callers.

## What it does

Asks the view's permissions about an anonymous caller, and compares the answer with the `security`
of the operation.

## Why is this bad?

Either the document is wrong, and clients ask for a login that is not needed; or the view is wrong,
and an operation that is believed to be protected is open.

## Example

    class LoginView(APIView):
        permission_classes = []  # documented as needing a token

drf-spectacular recognises `AllowAny` itself and nothing else: not an empty list, not a subclass,
not `IsAuthenticated | AllowAny`.

## Use instead

If the view is meant to be open, say so in both places:

    class LoginView(APIView):
        authentication_classes = []
        permission_classes = [AllowAny]

`authkit.schema.hooks.postprocess_schema_security` makes the document true. If the view is not meant
to be open, give it the permission that the document promises.

## References

- OWASP API Security Top 10 (2023), API2: Broken Authentication
- CWE-306: Missing Authentication for Critical Function
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema
from authkit.schema.model.findings import Offence, Rule, Severity
from authkit.schema.model.imposed import is_due_to_setting
from authkit.schema.model.open_or_not import open_or_not
from authkit.schema.model.suggest import WITHOUT_SECURITY
from authkit.schema.openapi.document import Declared
from authkit.schema.probe.decision import State


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.in_state(State.PUBLIC, State.OPTIONAL):
        # An inherited requirement is another mistake, with another remedy: AK106.
        own = "security" in audited.document
        if own and audited.declared is Declared.SECURED:
            yield _offence(schema, audited)


def _offence(schema: AuditedSchema, audited: AuditedOperation) -> Offence:
    if is_due_to_setting(audited, schema.catalogue):
        message = "SECURITY (AK502) requires a credential, and the view admits anonymous callers."
        return Offence(audited.place, message, suggestion=WITHOUT_SECURITY)
    message = "The document requires a credential, and the view admits anonymous callers."
    return Offence(audited.place, message, suggestion=open_or_not(schema, audited))


RULE = Rule("AK301", "declared-secured-but-open", Severity.ERROR, __doc__, look)
