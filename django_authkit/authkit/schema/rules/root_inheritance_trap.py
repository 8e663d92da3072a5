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
from authkit.schema.model.findings import Offence, Rule, Severity
from authkit.schema.model.places import in_state, place_of, suggested_auth
from authkit.schema.openapi.document import Declared, declared_state
from authkit.schema.probe.decision import State


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in in_state(schema, State.PUBLIC, State.OPTIONAL):
        inherits = "security" not in audited.document
        if inherits and declared_state(schema.document, audited.document) is Declared.SECURED:
            message = "The view is open, and the operation inherits the security of the root."
            yield Offence(place_of(audited), message, suggestion=suggested_auth(schema, audited))


RULE = Rule("AK106", "root-inheritance-trap", Severity.ERROR, __doc__, look)
