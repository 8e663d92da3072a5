"""A credential is optional, and what happens to a bad one is not documented.

## What it does

Finds the operations that are open and read credentials, and document neither 401 nor 403.

## Why is this bad?

A wrong or expired token on an open view is refused: REST framework does not fall back to anonymous.
Clients with an old token meet an answer that the document does not know.

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

## How to silence

An entry in `AUTHKIT["AUDIT"]` with the rule, the operation and a reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.decide import State
from authkit.schema.document import documents_refusal
from authkit.schema.findings import Offence, Rule, Severity
from authkit.schema.places import in_state, place_of
from authkit.schema.suggest import REFUSAL
from authkit.schema.truth import Truth


def look(truth: Truth) -> Iterator[Offence]:
    for judged in in_state(truth, State.OPTIONAL):
        if not documents_refusal(judged.document):
            message = "What a bad credential is answered is not documented."
            yield Offence(place_of(judged), message, suggestion=REFUSAL)


RULE = Rule("AK404", "optional-auth-lacks-401", Severity.NOTE, __doc__, look)
