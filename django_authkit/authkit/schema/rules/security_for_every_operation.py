"""`SPECTACULAR_SETTINGS["SECURITY"]` adds a requirement to every operation.

## What it does

Checks whether `SECURITY` has entries.

## Why is this bad?

drf-spectacular appends it to every operation, whatever the view does: open views are documented as
protected, and protected ones get requirements that they do not accept, or the same one twice. The
authenticators of each view are documented without it.

## Example

    SPECTACULAR_SETTINGS = {"SECURITY": [{"jwtAuth": []}]}

## Use instead

    SPECTACULAR_SETTINGS = {}

Describe an authenticator that drf-spectacular does not know with an
`OpenApiAuthenticationExtension`.
"""

from __future__ import annotations

from collections.abc import Iterator

from drf_spectacular.settings import spectacular_settings

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.model.findings import Offence, Rule, Severity, exemption
from authkit.schema.openapi.document import fingerprint


def look(schema: AuditedSchema) -> Iterator[Offence]:
    security = spectacular_settings.SECURITY
    if security:
        message = (
            f"SECURITY adds {fingerprint(security)} to every operation, whatever its view does."
        )
        suggestion = 'del SPECTACULAR_SETTINGS["SECURITY"]'
        yield Offence(Place(), message, subject="SECURITY", suggestion=suggestion)


RULE = Rule(
    "AK502",
    "security-for-every-operation",
    Severity.WARNING,
    __doc__,
    look,
    silence=exemption(reason="what asks for the credential on every operation, such as a gateway"),
)
