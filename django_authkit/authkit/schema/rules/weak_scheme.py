"""A credential is sent in a place where it is exposed or ambiguous.

## What it does

Looks at the definitions under `components.securitySchemes` for an `apiKey` in the `Authorization`
header, an `apiKey` in the query, and HTTP `basic`.

## Why is this bad?

- In the query a key ends up in logs, in the history of browsers and in `Referer` headers.
- `basic` sends the password itself with every request.
- `apiKey` in `Authorization` tells a generator to send the bare value; the keyword that the server
  requires before it is not machine-readable.

## Example

    components:
      securitySchemes:
        tokenAuth: {type: apiKey, in: header, name: Authorization}

## Use instead

    components:
      securitySchemes:
        tokenAuth: {type: http, scheme: bearer}

with `keyword = "Bearer"` on the authenticator; or a separate header, such as `X-API-Key`.

## References

- RFC 6750, section 2.3: URI Query Parameter
- RFC 7617, section 4: Security Considerations of Basic authentication
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.openapi.document import mapping, security_schemes
from authkit.schema.results.findings import Offence, Rule, Severity, exemption


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for name, definition in sorted(security_schemes(schema.document).items()):
        weakness = weakness_of(mapping(definition))
        if weakness:
            yield Offence(Place(), f'The scheme "{name}" {weakness}.', subject=name)


def weakness_of(definition: dict[str, Any]) -> str:
    """Return the weakness of a scheme, "" if it has none."""
    words = {key: str(value).lower() for key, value in definition.items()}
    match words:
        case {"type": "apikey", "in": "query"}:
            return "sends a key in the query, which ends up in logs"
        case {"type": "apikey", "in": "header", "name": "authorization"}:
            return "is an apiKey in Authorization, which hides the keyword before the key"
        case {"type": "http", "scheme": "basic"}:
            return "sends the password itself with every request"
    return ""


RULE = Rule(
    "AK109",
    "weak-scheme",
    Severity.NOTE,
    __doc__,
    look,
    silence=exemption("the scheme as `subject`"),
)
