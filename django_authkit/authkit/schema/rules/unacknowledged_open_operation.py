"""Anonymous callers are admitted, and the view does not declare that this is intended.

## What it does

Reports every operation that is open to anonymous callers, whatever the document says, unless the
view itself declares it: `AllowAny` or an empty `permission_classes`, or
`authentication_classes = []`, in its own class, its `@action` or its `as_view()`; its own
`get_permissions()` that returns `AllowAny`; `@public`; an open view of `authkit.views` as its
base class; or, in Django Ninja, `auth=None` at the operation. A view that a library opens, such as
SimpleJWT's log-in, is not reported; a subclass in the project that runs the same handler is a note.
Other inherited attributes, subclasses of `AllowAny`, `|` and the project's own permissions do not
count. Unsafe methods are errors, safe ones warnings.

## Why is this bad?

A document that declares an accidentally open operation as public is true. This rule asks whether
the operation was meant to be open.

## Example

    class OrderView(BaseView):  # BaseView has permission_classes = [AllowAny]
        def post(self, request): ...

## Use instead

    from authkit.schema import public


    @public(reason="Shops without an account send orders here.")
    class OrderView(BaseView):
        def post(self, request): ...

or the permission that was meant.

## References

- OWASP API Security Top 10 (2023), API2: Broken Authentication
- CWE-306: Missing Authentication for Critical Function
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema
from authkit.schema.probe.decision import State
from authkit.schema.results.findings import Offence, Rule, Severity
from authkit.schema.sandbox.answers import host_errors
from authkit.schema.views.acknowledgement import is_acknowledged
from authkit.schema.views.code.handlers import handler_name
from authkit.schema.views.code.library_views import library_of, opening_library
from authkit.schema.views.code.written_permissions import is_of_a_function
from authkit.schema.views.mapping import Operation


def look(schema: AuditedSchema) -> Iterator[Offence]:
    for audited in schema.in_state(State.PUBLIC, State.OPTIONAL):
        severity = _severity(audited)
        if severity is not None:
            message = "Anonymous callers are admitted, and the view does not declare it."
            yield Offence(audited.place, message, severity, suggestion=_suggestion(audited))


def _severity(audited: AuditedOperation) -> Severity | None:
    """Return how bad it is that the operation is open, None if that is declared."""
    operation, library = audited.source, ""
    if operation is None:
        is_declared = audited.is_acknowledged
    else:
        is_declared, library = _declared(operation)
    if is_declared:
        return None
    if library:
        return Severity.NOTE
    return Severity.WARNING if audited.method in SAFE else Severity.ERROR


def _declared(operation: Operation) -> tuple[bool, str]:
    """Tell whether the view declares it, and which library has opened the view."""
    try:
        library = opening_library(operation)
        of_library = bool(library) and library == library_of(type(operation.view))
        return is_acknowledged(operation) or of_library, library
    except host_errors():  # get_permissions() is the host's code, and may fail in any way
        return False, ""


def _suggestion(audited: AuditedOperation) -> str:
    """Return the mark, above this handler alone: others of the class may be open by accident."""
    operation = audited.source
    if operation is None:
        return ""
    handler = handler_name(operation.view, operation.method)
    where = "@api_view" if is_of_a_function(operation) else f"{handler}()"
    return f'@public(reason="...")  # above {where}; from authkit.schema import public'


SAFE = ("get", "head", "options")


RULE = Rule("AK308", "unacknowledged-open-operation", Severity.ERROR, __doc__, look)
