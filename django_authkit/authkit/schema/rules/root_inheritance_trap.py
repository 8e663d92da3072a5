"""An open operation inherits the `security` of the document's root.

## What it does

Looks at documents with a `security` at the root, and reports the operations without one of their
own whose views admit anonymous callers.

## Why is this bad?

In OpenAPI an absent `security` does not mean public: the root's requirements apply. Clients ask for
a login where none is needed, and contract tests report a server that ignores authentication.

## Example

    openapi: 3.0.3
    security:
    - jwtAuth: []
    paths:
      /health/:
        get:          # no security here: the document requires jwtAuth
          responses: {"200": {description: Up}}

## Use instead

    /health/:
      get:
        security: []

`authkit.schema.hooks.postprocess_schema_security` writes it.

## References

- OpenAPI Specification, OpenAPI Object: `security`
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.openapi.document import Declared
from authkit.schema.probe.decision import State
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.in_state(State.PUBLIC, State.OPTIONAL):
        inherits = "security" not in audited.document
        if inherits and audited.declared is Declared.SECURED:
            message = "The view is open, and the operation inherits the security of the root."
            yield Offence(
                audited.place, message, suggestion=audited.suggested_auth(schema.catalogue)
            )


RULE = Rule("AK106", "root-inheritance-trap", Severity.ERROR, __doc__, look)
