"""Two authenticators with different definitions share one scheme name.

## What it does

Compares the definitions that authenticators and key permissions give to the same scheme name.

## Why is this bad?

drf-spectacular keeps the first definition. The document omits the other one: clients send `Token`
where the server requires `Bearer`, and the two requirements look like a repetition.

## Example

    class BearerTokenAuthentication(TokenAuthentication):
        keyword = "Bearer"

Both this class and its parent are documented as `tokenAuth`.

## Use instead

    class BearerTokenScheme(OpenApiAuthenticationExtension):
        target_class = "shop.authentication.BearerTokenAuthentication"
        name = "bearerTokenAuth"

        def get_security_definition(self, auto_schema):
            return {"type": "http", "scheme": "bearer"}

`authkit.schema.hooks.postprocess_schema_security` gives each definition a name of its own in the
document; the rule reports the views until the names are chosen.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.model.suggest import extension
from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.results.findings import Offence, Rule, Severity, exemption


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for name, sources in schema.catalogue.shared.items():
        classes = ", ".join(dotted(source) for source in sources)
        message = f'"{name}" stands for different definitions: {classes}.'
        yield Offence(Place(), message, subject=name, suggestion=extension(sources[-1]))


RULE = Rule(
    "AK206",
    "scheme-name-collision",
    Severity.ERROR,
    __doc__,
    look,
    silence=exemption("the scheme as `subject`"),
)
