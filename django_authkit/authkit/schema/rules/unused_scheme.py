"""The document defines a security scheme that nothing requires.

## What it does

Looks for the names under `components.securitySchemes` that stand in no `security` requirement, of
the operations or of the root.

## Why is this bad?

Readers take it for a way in that does not exist, and client generators write code for it. Often it
is left over from an authenticator that is gone, or its requirement was stripped by a hook.

## Example

    components:
      securitySchemes:
        basicAuth: {type: http, scheme: basic}    # no operation takes it any more

## Use instead

Remove the scheme from `APPEND_COMPONENTS`, or from the hook that writes it.

`authkit.schema.hooks.postprocess_schema_security` removes a scheme that drf-spectacular wrote for
an authenticator, when it takes away the last requirement that names it.

## How to silence

An entry in `AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with the rule, the scheme as `subject` and a
reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Place, Rule, Severity
from authkit.schema.openapi.document import required_schemes, security_schemes


def look(truth: Truth) -> Iterator[Offence]:
    schemes = {*security_schemes(truth.document)}
    for name in sorted(schemes - required_schemes(truth.document)):
        yield Offence(Place(), f'The scheme "{name}" is required nowhere.', subject=name)


RULE = Rule("AK102", "unused-scheme", Severity.NOTE, __doc__, look)
