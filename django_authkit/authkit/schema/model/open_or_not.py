"""Code for an operation that is open and documented as secured: as which of the two it was meant.

No line of it admits a caller who was refused before. An open operation is documented as such, which
changes no view; a view is closed by a permission beside those that it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rest_framework.permissions import SAFE_METHODS, IsAuthenticated, IsAuthenticatedOrReadOnly

from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema
from authkit.schema.openapi.document import Declared
from authkit.schema.views.code.written_permissions import WrittenPermissions, written_permissions
from authkit.schema.views.mapping import Operation


def open_or_not(
    schema: AuditedSchema, audited: AuditedOperation, undocumented: Sequence[Operation]
) -> str:
    """Return both ways, the second where it is certain what it does to the rest of the view.

    *undocumented* are the operations that the document leaves out.
    """
    documented = audited.suggested_auth(schema.catalogue)
    closing = _closing(schema, audited, undocumented)
    ways = (documented, "if anonymous callers may call it"), (closing, "if not")
    return "\n".join(f"{code}, {when}" for code, when in ways if code)


def _closing(
    schema: AuditedSchema, audited: AuditedOperation, undocumented: Sequence[Operation]
) -> str:
    source, decision = audited.source, audited.decision
    if source is None or decision is None or not decision.offered.authenticators:
        return ""  # without an authenticator no caller would get in
    written = written_permissions(source)
    if written is None:
        return ""
    left_open = {
        *_documented_as_open(schema, written),
        *(one.method for one in undocumented if written.decides(one)),
    }
    stricter = _stricter(audited.method, left_open)
    return written.beside(stricter) if stricter else ""


def _stricter(method: str, left_open: set[str]) -> type | None:
    """Return the permission that closes *method*, and none that may be meant to be open."""
    if not left_open:
        return IsAuthenticated
    if _is_safe(method) or not all(map(_is_safe, left_open)):
        return None
    return IsAuthenticatedOrReadOnly


def _documented_as_open(schema: AuditedSchema, written: WrittenPermissions) -> Iterator[str]:
    """Yield the methods of operations under these permissions that are not known to be closed."""
    for other in schema.operations:
        is_closed = other.decision and other.decision.is_decided and not other.decision.is_open
        if (
            other.source is not None
            and other.declared is not Declared.SECURED
            and not is_closed
            and written.decides(other.source)
        ):
            yield other.method


def _is_safe(method: str) -> bool:
    return method.upper() in SAFE_METHODS
