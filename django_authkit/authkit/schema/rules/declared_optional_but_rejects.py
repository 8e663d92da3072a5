"""The document says that a credential is optional, and the view refuses anonymous callers.

## What it does

Finds the operations whose `security` holds requirements and `{}`, and whose views refuse anonymous
callers.

## Why is this bad?

`{}` promises that a request without a credential succeeds. It is answered 401 or 403.

## Example

    class ReportView(APIView):
        permission_classes = [AllowAny, IsAuthenticated]

drf-spectacular sees `AllowAny` in the list and adds `{}`. All permissions of a list must agree, so
`AllowAny` beside another one has no effect.

## Use instead

    class ReportView(APIView):
        permission_classes = [IsAuthenticated]

`authkit.schema.hooks.postprocess_schema_security` removes the `{}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import Truth
from authkit.schema.model.findings import Offence, Rule, Severity
from authkit.schema.model.places import in_state, mended, place_of
from authkit.schema.openapi.document import Declared, declared_state
from authkit.schema.probe.decide import State


def look(truth: Truth) -> Iterator[Offence]:
    for judged in in_state(truth, State.SECURED):
        if declared_state(truth.document, judged.document) is Declared.OPTIONAL:
            message = "The document makes the credential optional, and the view demands one."
            yield Offence(place_of(judged), message, suggestion=mended(truth, judged))


RULE = Rule("AK303", "declared-optional-but-rejects", Severity.ERROR, __doc__, look)
