"""A permission reads a key that the operation does not mention.

## What it does

Finds the operations whose views accept a key that only a permission reads, `HasAPIKey` and other
subclasses of `BaseHasAPIKey`, and whose requirements omit it.

## Why is this bad?

drf-spectacular looks only at authenticators. The document names credentials that are not
sufficient, and omits the one that is.

## Example

    class StockView(APIView):
        authentication_classes = [JWTAuthentication]
        permission_classes = [HasAPIKey]  # documented as jwtAuth

## Use instead

`authkit.schema.hooks.postprocess_schema_security` writes the scheme and the requirement.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.results.findings import Offence, Rule, Severity
from authkit.schema.views.permission_tree import is_key_permission


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited, alternative, requirement in schema.undeclared:
        if any(is_key_permission(one) for one in alternative):
            names = " and ".join(requirement)
            message = f'"{names}" is accepted, and the document does not say so.'
            suggestion = audited.suggested_auth(schema.catalogue)
            yield Offence(audited.place, message, subject=names, suggestion=suggestion)


RULE = Rule("AK204", "permission-credential-undocumented", Severity.WARNING, __doc__, look)
