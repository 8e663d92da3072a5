"""`SPECTACULAR_SETTINGS["AUTHENTICATION_WHITELIST"]` is empty, so no authenticator is documented.

## What it does

Checks whether `AUTHENTICATION_WHITELIST` is an empty list. With the default, `None`, every
authenticator is documented.

## Why is this bad?

Every operation is documented as public. The setting makes the documentation shorter, and publishes
a contract that says that nothing is protected.

## Example

    SPECTACULAR_SETTINGS = {"AUTHENTICATION_WHITELIST": []}

## Use instead

    SPECTACULAR_SETTINGS = {
        "AUTHENTICATION_WHITELIST": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
    }

with the authenticators that clients should know, or omit it.
"""

from __future__ import annotations

from collections.abc import Iterator

from drf_spectacular.settings import spectacular_settings

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.results.findings import Offence, Rule, Severity, exemption

SETTING = "AUTHENTICATION_WHITELIST"


def look(schema: AuditedSchema) -> Iterator[Offence]:
    allowed = spectacular_settings.AUTHENTICATION_WHITELIST
    if allowed is not None and not allowed:
        message = f"{SETTING} is empty: no authenticator is documented."
        suggestion = f'del SPECTACULAR_SETTINGS["{SETTING}"]'
        yield Offence(Place(), message, subject=SETTING, suggestion=suggestion)


RULE = Rule(
    "AK503",
    "hidden-authenticators",
    Severity.WARNING,
    __doc__,
    look,
    silence=exemption(reason="what protects the API instead of an authenticator"),
)
