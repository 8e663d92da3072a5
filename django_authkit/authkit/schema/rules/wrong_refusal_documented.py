"""The document promises 401, and anonymous callers are answered 403.

## What it does

Finds the protected operations that document 401 and not 403, and whose views answer 403 to callers
without a credential.

## Why is this bad?

Clients log in again at 401 and give up at 403. REST framework answers 403 if the first
authenticator sends no `WWW-Authenticate` header, as with `SessionAuthentication`.

## Example

    authentication_classes = [SessionAuthentication, JWTAuthentication]  # 403

with this in the document:

    responses:
      "401": {description: Log in.}

## Use instead

    authentication_classes = [JWTAuthentication, SessionAuthentication]  # 401

`authkit.schema.hooks.postprocess_schema_security` adds the status that the view answers.

## References

- RFC 9110, section 15.5.2: 401 Unauthorized
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.model.refusal_texts import REFUSED
from authkit.schema.model.suggest import refusal
from authkit.schema.openapi.document import documents, responses
from authkit.schema.probe.decision import State
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.in_state(State.SECURED):
        refused = audited.decision and audited.decision.refusal == 403
        if (
            refused
            and "401" in responses(audited.document)
            and not documents(audited.document, 403)
        ):
            message = "Anonymous callers are answered 403, not 401."
            suggestion = refusal(403, REFUSED[403])
            yield Offence(audited.place, message, suggestion=suggestion)


RULE = Rule("AK402", "wrong-refusal-documented", Severity.WARNING, __doc__, look)
