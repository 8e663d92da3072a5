"""A credential travels in a place where it is better not put.

## What it does

Looks at the definitions under `components.securitySchemes` for an `apiKey` in the `Authorization`
header, an `apiKey` in the query, and HTTP `basic`.

## Why is this bad?

- In the query a key ends up in logs, in the history of browsers and in `Referer` headers.
- `basic` sends the password itself with every request.
- `apiKey` in `Authorization` tells a generator to send the bare value, and the keyword that the
  server wants before it is in no machine-readable place.

## Example

    components:
      securitySchemes:
        tokenAuth: {type: apiKey, in: header, name: Authorization}

## Use instead

    components:
      securitySchemes:
        tokenAuth: {type: http, scheme: bearer}

with `keyword = "Bearer"` on the authenticator; or a header of its own, such as `X-API-Key`.

## How to silence

An entry in `AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with the rule, the scheme as `subject` and a
reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Place, Rule, Severity
from authkit.schema.openapi.document import mapping, security_schemes


def look(truth: Truth) -> Iterator[Offence]:
    for name, definition in sorted(security_schemes(truth.document).items()):
        weakness = weakness_of(mapping(definition))
        if weakness:
            yield Offence(Place(), f'The scheme "{name}" {weakness}.', subject=name)


def weakness_of(definition: dict[str, Any]) -> str:
    """Return what is weak about a scheme, "" if nothing is."""
    words = {key: str(value).lower() for key, value in definition.items()}
    match words:
        case {"type": "apikey", "in": "query"}:
            return "puts a key into the query, and so into logs"
        case {"type": "apikey", "in": "header", "name": "authorization"}:
            return "is an apiKey in Authorization, which hides the keyword before the key"
        case {"type": "http", "scheme": "basic"}:
            return "sends the password itself with every request"
    return ""


RULE = Rule("AK109", "weak-scheme", Severity.NOTE, __doc__, look)
