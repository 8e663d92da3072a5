"""A view requires scopes of API keys, and the document names others, or none.

## What it does

Compares `x-required-scopes` of every operation with the scopes that its view requires of API keys:
those of its `HasScope` permissions, or the `required_scopes` of the view. Scopes in an alternative
(`|`) are not compared: whether they are required is not certain. Nor are undecided operations.

## Why is this bad?

An administrator who creates a key cannot know which scopes it needs: the key gets too many, or its
client is answered 403.

## Example

    class BookView(APIView):
        permission_classes = [HasScope("books:read")]

    /books/:
      get:
        security:
        - apiKeyAuth: []

## Use instead

    /books/:
      get:
        security:
        - apiKeyAuth: []
        x-required-scopes: ["books:read"]

`authkit.schema.hooks.postprocess_schema_security` writes it. In OpenAPI 3.1 it writes the names
into the requirement as well; 3.0 allows that for OAuth 2 alone.

## References

- OWASP API Security Top 10 (2023), API5: Broken Function Level Authorization
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema
from authkit.schema.model.required_scopes import documented_scopes, required_scopes
from authkit.schema.results.findings import Offence, Rule, Severity
from authkit.schema.sandbox.answers import host_errors


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.operations:
        wanted = scopes(audited) if _is_decided(audited) else None
        documented = documented_scopes(audited.document)
        if wanted is not None and wanted != documented:
            yield Offence(
                audited.place,
                f"It requires of a key: {', '.join(wanted) or 'no scope'}; "
                f"the document says: {', '.join(documented) or 'nothing'}.",
            )


def _is_decided(audited: AuditedOperation) -> bool:
    return audited.decision is not None and audited.decision.is_decided


def scopes(audited: AuditedOperation) -> list[str] | None:
    """Return the scopes that an operation requires, None if they cannot be known."""
    try:
        return required_scopes(audited)
    except host_errors():  # the host's code may fail in any way
        return None


RULE = Rule("AK207", "scope-undocumented", Severity.WARNING, __doc__, look)
