"""`SPECTACULAR_SETTINGS["AUTHENTICATION_WHITELIST"]` is empty, so no authenticator is documented.

## What it does

Looks whether `AUTHENTICATION_WHITELIST` is a list without entries. The default, `None`, lets every
authenticator through.

## Why is this bad?

Every operation reads as public. Somebody wanted a shorter page of documentation, and published a
contract that says that nothing is protected.

## Example

    SPECTACULAR_SETTINGS = {"AUTHENTICATION_WHITELIST": []}

## Use instead

    SPECTACULAR_SETTINGS = {
        "AUTHENTICATION_WHITELIST": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
    }

with the authenticators that clients are to know, or leave it out.

## How to silence

If the API is protected by something that is no authenticator: an entry in
`AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with the rule and that reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from drf_spectacular.settings import spectacular_settings

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Place, Rule, Severity

SETTING = "AUTHENTICATION_WHITELIST"


def look(truth: Truth) -> Iterator[Offence]:
    allowed = spectacular_settings.AUTHENTICATION_WHITELIST
    if allowed is not None and not allowed:
        message = f"{SETTING} is empty: no authenticator is documented."
        suggestion = f'del SPECTACULAR_SETTINGS["{SETTING}"]'
        yield Offence(Place(), message, subject=SETTING, suggestion=suggestion)


RULE = Rule("AK503", "hidden-authenticators", Severity.WARNING, __doc__, look)
