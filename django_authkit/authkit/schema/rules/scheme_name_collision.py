"""Two authenticators with different definitions share one scheme name.

## What it does

Compares what each authenticator and each key permission brings under the same scheme name.

## Why is this bad?

drf-spectacular keeps the definition that it met first. The other one is in no document: clients
send `Token` where the server wants `Bearer`, and the two requirements look like a repetition.

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
document; the rule goes on reporting the views until the names are chosen.

## How to silence

An entry in `AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with the rule, the scheme as `subject` and a
reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Place, Rule, Severity
from authkit.schema.model.suggest import extension
from authkit.schema.openapi.names import dotted
from authkit.schema.schemes.catalogue import shared_names


def look(truth: Truth) -> Iterator[Offence]:
    for name, sources in shared_names(truth.descriptions).items():
        classes = ", ".join(dotted(source) for source in sources)
        message = f'"{name}" stands for different definitions: {classes}.'
        yield Offence(Place(), message, subject=name, suggestion=extension(sources[-1]))


RULE = Rule("AK206", "scheme-name-collision", Severity.ERROR, __doc__, look)
