"""A requirement occurs twice in the same list.

## What it does

Compares the requirements of one `security` list with each other; a repeated `{}` counts as well.

## Why is this bad?

The repetition adds nothing, and clients show the same credential twice. It usually means that
`SECURITY` repeats what the authenticators already declare, on every operation.

## Example

    SPECTACULAR_SETTINGS = {"SECURITY": [{"jwtAuth": []}]}  # and JWT authentication on the views

    security:
    - jwtAuth: []
    - jwtAuth: []

## Use instead

Omit `SECURITY`. The authenticators of each view are documented without it.

If two authenticator classes share one name, the repetition hides one of them: see AK206.

`authkit.schema.hooks.postprocess_schema_security` writes each requirement once, at the root and on
every operation, except for names that AK206 reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drf_spectacular.settings import spectacular_settings

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.model.suggest import WITHOUT_SECURITY
from authkit.schema.openapi.document import deduplicated, well_formed
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for place, requirements in schema.requirement_lists:
        written = well_formed(requirements)
        repeated = len(written) - len(deduplicated(written))
        if repeated:
            message = f"{repeated} of {len(written)} requirements are duplicates."
            yield Offence(place, message, suggestion=_suggestion(schema, place, requirements))


def _suggestion(schema: AuditedSchema, place: Place, requirements: Any) -> str:
    once = deduplicated(requirements, schema.catalogue.shared)
    code = schema.auth(place, once) if once != requirements else ""
    written, added = well_formed(requirements), well_formed(spectacular_settings.SECURITY)
    added_again = all(one in added for one in written if written.count(one) > 1)
    return WITHOUT_SECURITY if code and added_again else code


RULE = Rule("AK103", "duplicate-requirement", Severity.WARNING, __doc__, look)
