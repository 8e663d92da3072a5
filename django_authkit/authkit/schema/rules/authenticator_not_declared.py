"""The view accepts a credential that its operation does not mention.

## What it does

Probes the view with a user of each authenticator, and reports the accepted ones that are missing
from the operation's requirements. Authenticators that `AUTHENTICATION_WHITELIST` hides are not
reported, nor are operations without any requirement (AK302).

## Why is this bad?

A review of the accepted credentials misses this one, and a credential that is missing from the
document is also missed when it is withdrawn.

## Example

    class ReportView(APIView):
        authentication_classes = [JWTAuthentication, SessionAuthentication]

        @extend_schema(auth=[{"jwtAuth": []}])
        def get(self, request): ...

## Use instead

    class ReportView(APIView):
        authentication_classes = [JWTAuthentication]

or omit `auth`. `authkit.schema.hooks.postprocess_schema_security` adds the requirement.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.results.findings import Offence, Rule, Severity
from authkit.schema.views.permission_tree import is_key_permission


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited, alternative, requirement in schema.undeclared:
        if not any(is_key_permission(one) for one in alternative):
            names = " and ".join(requirement)
            message = f'"{names}" is accepted, and the document does not say so.'
            suggestion = audited.suggested_auth(schema.catalogue)
            yield Offence(audited.place, message, subject=names, suggestion=suggestion)


RULE = Rule("AK203", "authenticator-not-declared", Severity.WARNING, __doc__, look)
