"""`SPECTACULAR_SETTINGS["SECURITY"]` adds a requirement to every operation.

## What it does

Checks whether `SECURITY` has entries. It is an error if an operation does not accept what they
require, or admits anonymous callers, and a warning otherwise.

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
from authkit.schema.model.imposed import imposed_requirements
from authkit.schema.model.suggest import WITHOUT_SECURITY
from authkit.schema.openapi.document import fingerprint
from authkit.schema.results.findings import Offence, Rule, Severity, exemption


def look(schema: AuditedSchema) -> Iterator[Offence]:
    security = spectacular_settings.SECURITY
    if not security:
        return
    message = f"SECURITY adds {fingerprint(security)} to every operation, whatever its view does."
    untrue, severity = _untrue_operations(schema), Severity.WARNING
    if untrue:
        message += f" It is not true of {untrue} of {len(schema.operations)} operations."
        severity = Severity.ERROR
    yield Offence(Place(), message, severity, subject="SECURITY", suggestion=WITHOUT_SECURITY)


def _untrue_operations(schema: AuditedSchema) -> int:
    """Return how many operations were decided, and do not accept what SECURITY requires."""
    return sum(
        one.decision is not None
        and one.decision.is_decided
        and not one.reads_unknown
        and bool(imposed_requirements(one, schema.catalogue))
        for one in schema.operations
    )


RULE = Rule(
    "AK502",
    "security-for-every-operation",
    Severity.WARNING,
    __doc__,
    look,
    silence=exemption(reason="what asks for the credential on every operation, such as a gateway"),
)
