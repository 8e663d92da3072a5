"""The document defines a security scheme that no requirement names.

## What it does

Looks for the names under `components.securitySchemes` that no `security` requirement contains: of
the root, of operations, of webhooks, or of callbacks.

## Why is this bad?

Readers believe that the credential is accepted, and client generators write code for it. Often it
is left over from an authenticator that was removed, or a hook stripped its requirement.

## Example

    components:
      securitySchemes:
        basicAuth: {type: http, scheme: basic}    # no operation accepts it any more

## Use instead

Remove the scheme from `APPEND_COMPONENTS`, or from the hook that writes it.

`authkit.schema.hooks.postprocess_schema_security` removes a scheme that drf-spectacular wrote for
an authenticator, when it removes the last requirement that names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.openapi.document import security_schemes
from authkit.schema.openapi.elsewhere import required_schemes
from authkit.schema.results.findings import Offence, Rule, Severity, exemption


def look(schema: AuditedSchema) -> Iterator[Offence]:
    schemes = {*security_schemes(schema.document)}
    for name in sorted(schemes - required_schemes(schema.document)):
        yield Offence(Place(), f'No requirement names the scheme "{name}".', subject=name)


RULE = Rule(
    "AK102",
    "unused-scheme",
    Severity.NOTE,
    __doc__,
    look,
    silence=exemption("the scheme as `subject`"),
)
