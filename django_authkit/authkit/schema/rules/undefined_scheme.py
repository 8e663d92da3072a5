"""A requirement names a security scheme that the document does not define.

## What it does

Looks up each scheme name of each `security` requirement, of the root, of operations, of webhooks
and of callbacks, under `components.securitySchemes`. A name in `SECURITY` is reported once, for the
document. OpenAPI 3.2 has URIs beside names; one that leads to another document is not followed.

## Why is this bad?

Client generators have no definition for such a name: some stop with an error, others send no
credential. drf-spectacular's `--validate` does not detect it.

## Example

    SPECTACULAR_SETTINGS = {"SECURITY": [{"gateway": []}]}

`gateway` is not defined. A `SECURITY_SCHEMES` key beside it would be ignored silently:
drf-spectacular has no such setting (AK501).

## Use instead

    SPECTACULAR_SETTINGS = {
        "SECURITY": [{"gateway": []}],
        "APPEND_COMPONENTS": {
            "securitySchemes": {"gateway": {"type": "apiKey", "in": "header", "name": "X-Key"}}
        },
    }

## References

- OpenAPI Specification, Security Requirement Object
"""

from __future__ import annotations

from collections.abc import Iterator

from drf_spectacular.settings import spectacular_settings

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.model.suggest import appended_scheme
from authkit.schema.openapi.document import schemes_in, security_schemes
from authkit.schema.results.findings import Offence, Rule, Severity, exemption


def look(schema: AuditedSchema) -> Iterator[Offence]:
    defined = security_schemes(schema.document)
    of_the_setting = schemes_in(schema.document, spectacular_settings.SECURITY)
    undefined = (
        (Place() if name in of_the_setting else place, name)
        for place, requirements in schema.requirement_lists
        for name in sorted(schemes_in(schema.document, requirements).difference(defined))
    )
    for place, name in dict.fromkeys(undefined):
        message = f'The scheme "{name}" is required and not defined.'
        yield Offence(place, message, subject=name, suggestion=appended_scheme(name))


RULE = Rule(
    "AK101",
    "undefined-scheme",
    Severity.ERROR,
    __doc__,
    look,
    silence=exemption("the scheme as `subject`"),
)
