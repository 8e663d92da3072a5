"""A credential is optional, and the answer to an invalid one is not documented.

## What it does

Finds the operations that are open and read credentials, and document neither 401 nor 403. They are
reported if a credential that is not valid was seen to be refused, or if an authenticator of REST
framework, SimpleJWT, knox or authkit is known to refuse it. An expired session counts as none, and
is not refused; nor is what an authenticator of the project ignores.

## Why is this bad?

An invalid or expired token on an open view is refused: REST framework does not fall back to
anonymous. Clients with an old token get a response that the document does not describe.

The finding names the status if it was observed: each authenticator of the view is sent a value that
cannot have been issued, in the place that its security scheme names.

## Example

    class BookView(APIView):
        authentication_classes = [JWTAuthentication]
        permission_classes = [AllowAny]

        @extend_schema(responses={200: Book})
        def get(self, request): ...

## Use instead

    @extend_schema(
        responses={200: Book, 401: OpenApiResponse(description="The token is not valid.")}
    )

`authkit.schema.hooks.postprocess_schema_security` adds the status that was observed: 401 if the
first authenticator sends a `WWW-Authenticate` header, else 403. It adds none where none was
observed: the authenticator may query the database first, or ignore a credential that it does not
know.

## References

- RFC 9110, section 15.5.2: 401 Unauthorized
- RFC 6750, section 3.1: Error Codes
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema
from authkit.schema.model.suggest import refusal
from authkit.schema.openapi.document import documents_refusal
from authkit.schema.probe.builtin_gate import refuses_bad_credentials
from authkit.schema.probe.decision import State
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.in_state(State.OPTIONAL):
        if not documents_refusal(audited.document) and _is_refused(audited):
            yield Offence(audited.place, _message(audited), suggestion=_suggestion(audited))


def _is_refused(audited: AuditedOperation) -> bool:
    read = audited.decision.offered.authenticators if audited.decision else ()
    return bool(_seen(audited)) or any(map(refuses_bad_credentials, read))


def _seen(audited: AuditedOperation) -> tuple[int, ...]:
    return audited.decision.bad_credential if audited.decision else ()


def _message(audited: AuditedOperation) -> str:
    if not _seen(audited):
        return "The answer to an invalid credential is not documented."
    statuses = " or ".join(str(status) for status in _seen(audited))
    return f"An invalid credential is answered {statuses}, which is not documented."


def _suggestion(audited: AuditedOperation) -> str:
    return ", ".join(refusal(status) for status in _seen(audited) or (401,))


RULE = Rule("AK404", "optional-auth-lacks-401", Severity.NOTE, __doc__, look)
