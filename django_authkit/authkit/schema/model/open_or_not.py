"""Code for an operation that is open and documented as secured: as which of the two it was meant.

No line of it admits a caller who was refused before. An open operation is documented as such, which
changes no view; a view is closed by a permission beside those that it has.
"""

from __future__ import annotations

from collections.abc import Iterator

from rest_framework.permissions import SAFE_METHODS, IsAuthenticated, IsAuthenticatedOrReadOnly

from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema
from authkit.schema.openapi.document import Declared
from authkit.schema.views.written_permissions import WrittenPermissions, written_permissions


def open_or_not(schema: AuditedSchema, audited: AuditedOperation) -> str:
    """Return both ways, the second where it is certain what it does to the rest of the view."""
    documented = audited.suggested_auth(schema.catalogue)
    ways = (documented, "if anonymous callers may call it"), (_closing(schema, audited), "if not")
    return "\n".join(f"{code}, {when}" for code, when in ways if code)


def _closing(schema: AuditedSchema, audited: AuditedOperation) -> str:
    source, decision = audited.source, audited.decision
    if source is None or decision is None or not decision.offered.authenticators:
        return ""  # without an authenticator no caller would get in
    written = written_permissions(source)
    stricter = _stricter(schema, written, audited) if written else None
    return written.beside(stricter) if written and stricter else ""


def _stricter(
    schema: AuditedSchema, written: WrittenPermissions, audited: AuditedOperation
) -> type | None:
    """Return the permission that closes the operation, and none that is meant to be open."""
    left_open = list(_meant_to_be_open(schema, written))
    if not left_open:
        return IsAuthenticated
    if _is_safe(audited) or not all(map(_is_safe, left_open)):
        return None
    return IsAuthenticatedOrReadOnly


def _meant_to_be_open(
    schema: AuditedSchema, written: WrittenPermissions
) -> Iterator[AuditedOperation]:
    """Yield the operations under these permissions that are documented as open, and may be."""
    for other in schema.operations:
        is_closed = other.decision and other.decision.is_decided and not other.decision.is_open
        if (
            other.source is not None
            and other.declared is not Declared.SECURED
            and not is_closed
            and written.decides(other.source)
        ):
            yield other


def _is_safe(audited: AuditedOperation) -> bool:
    return audited.method.upper() in SAFE_METHODS
