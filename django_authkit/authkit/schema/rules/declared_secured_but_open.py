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

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.model.imposed import is_due_to_setting
from authkit.schema.model.open_or_not import LeftOpen, open_or_not
from authkit.schema.model.suggest import WITHOUT_SECURITY
from authkit.schema.model.undocumented import undocumented_operations
from authkit.schema.openapi.document import Declared
from authkit.schema.probe.decision import State
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    # An inherited requirement is another mistake, with another remedy: AK106.
    found = [
        audited
        for audited in schema.in_state(State.PUBLIC, State.OPTIONAL)
        if "security" in audited.document and audited.declared is Declared.SECURED
    ]
    if not found:
        return
    left_open = LeftOpen.of(schema, undocumented_operations(schema))
    for audited in found:
        if is_due_to_setting(audited, schema.catalogue):
            yield Offence(audited.place, BY_SETTING, suggestion=WITHOUT_SECURITY)
        else:
            suggestion = open_or_not(schema, audited, left_open)
            yield Offence(audited.place, MESSAGE, suggestion=suggestion)


BY_SETTING = "SECURITY (AK502) requires a credential, and the view admits anonymous callers."
MESSAGE = "The document requires a credential, and the view admits anonymous callers."


RULE = Rule("AK301", "declared-secured-but-open", Severity.ERROR, __doc__, look)
