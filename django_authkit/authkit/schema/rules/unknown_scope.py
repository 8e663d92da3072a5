"""A requirement names a scope that its security scheme does not have.

## What it does

Compares the scopes of every requirement with those of the flows of its OAuth 2 scheme. In OpenAPI
3.0 a scheme of another type has no scopes; in 3.1 and later they are role names, which are not
checked. Only the issuer knows those of `openIdConnect`.

## Why is this bad?

A client requests the scope from the authorization server and is refused, or does not request the
one that the server requires.

## Example

    components:
      securitySchemes:
        oauth:
          type: oauth2
          flows:
            clientCredentials: {tokenUrl: /token/, scopes: {"orders:read": Read orders}}
    paths:
      /orders/:
        get:
          security:
          - oauth: ["order:read"]

## Use instead

          security:
          - oauth: ["orders:read"]

Or add the scope to the flow: with drf-spectacular, in `OAUTH2_SCOPES`.

## References

- RFC 6749, section 3.3: Access Token Scope
- OpenAPI Specification, Security Requirement Object
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.openapi.document import Document, mapping, security_schemes, well_formed
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    known = {
        name: known_scopes(schema.document, mapping(definition))
        for name, definition in security_schemes(schema.document).items()
    }
    for place, requirements in schema.requirement_lists:
        for requirement in well_formed(requirements):
            for name, scopes in requirement.items():
                for scope in sorted(unknown(scopes, known.get(name))):
                    message = f'The scheme "{name}" has no scope "{scope}".'
                    yield Offence(place, message, subject=f"{name}: {scope}")


def known_scopes(document: Document, definition: dict[str, Any]) -> set[str] | None:
    """Return the scopes of a scheme, None if they cannot be known."""
    if definition.get("type") == "oauth2":
        flows = mapping(definition.get("flows")).values()
        return {scope for flow in flows for scope in mapping(mapping(flow).get("scopes"))}
    roles = not str(document.get("openapi", "")).startswith("3.0")
    return None if roles or definition.get("type") == "openIdConnect" else set()


def unknown(scopes: list[str], known: set[str] | None) -> set[str]:
    return set() if known is None else {*scopes} - known


RULE = Rule("AK107", "unknown-scope", Severity.WARNING, __doc__, look)
