"""The view refuses callers without a credential, and no response of the document says so.

## What it does

Finds the protected operations that document none of 401, 403, `4XX` and `default`, and those that
redirect to a login page and do not document the redirect.

## Why is this bad?

Generated clients have no type for a refusal that every client gets, for example when a token
expires, and contract tests report the response as undocumented.

## Example

    /reports/:
      get:
        security:
        - jwtAuth: []
        responses:
          "200": {description: The reports}

## Use instead

    responses:
      "200": {description: The reports}
      "401": {description: The credential is missing or not valid.}

`authkit.schema.hooks.postprocess_schema_security` adds the status that the view answers: 401 if its
first authenticator sends a `WWW-Authenticate` header, else 403.

## References

- RFC 9110, sections 15.5.2 and 15.5.4: 401 Unauthorized, 403 Forbidden
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authkit.schema.model import suggest
from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.model.refusal_texts import REFUSED
from authkit.schema.openapi.document import documents, documents_refusal
from authkit.schema.probe.decision import State
from authkit.schema.results.findings import Offence, Rule, Severity
from authkit.schema.sandbox.answers import REFUSALS


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.in_state(State.SECURED):
        refusal = audited.decision and audited.decision.refusal
        if refusal and not _is_documented(audited.document, refusal):
            message = f"Anonymous callers are answered {refusal}, which is not documented."
            suggestion = suggest.refusal(refusal, REFUSED[refusal])
            yield Offence(audited.place, message, suggestion=suggestion)


def _is_documented(operation: dict[str, Any], refusal: int) -> bool:
    if refusal in REFUSALS and documents_refusal(operation):
        return True  # it may be the wrong one: AK402
    return documents(operation, refusal)


RULE = Rule("AK401", "reject-status-undocumented", Severity.WARNING, __doc__, look)
