"""Two security schemes have the same definition.

## What it does

Compares the definitions under `components.securitySchemes` with each other, byte for byte.

## Why is this bad?

A client cannot know that the two are one credential: it asks for both, or offers a choice between
equals. It is only a note, because two issuers may issue tokens of the same form that each other's
operations refuse.

## Example

    components:
      securitySchemes:
        jwtAuth: {type: http, scheme: bearer, bearerFormat: JWT}
        cookieJwtAuth: {type: http, scheme: bearer, bearerFormat: JWT}

## Use instead

If both are the same credential, give both authenticators one name in their extensions. If they are
not, say so in a `description`: it is part of the definition.

`authkit.schema.hooks.postprocess_schema_security` leaves both: REST framework's tokens and those of
knox have the same definition, and each is refused by the other's views. It writes one name where
`AUTHKIT["SCHEMA_SCHEME_ALIASES"]` says that both are one.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.model.suggest import alias
from authkit.schema.openapi.document import fingerprint, security_schemes
from authkit.schema.results.findings import Offence, Rule, Severity, exemption


def look(schema: AuditedSchema) -> Iterator[Offence]:
    first: dict[str, str] = {}
    for name, definition in sorted(security_schemes(schema.document).items()):
        other = first.setdefault(fingerprint(definition), name)
        if other != name:
            message = f'The scheme "{name}" has the same definition as "{other}".'
            yield Offence(Place(), message, subject=name, suggestion=alias(name, other))


RULE = Rule(
    "AK104",
    "equivalent-schemes",
    Severity.NOTE,
    __doc__,
    look,
    silence=exemption("the scheme as `subject`"),
)
