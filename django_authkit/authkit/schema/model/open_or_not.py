"""Code for an operation that is open and documented as secured: as which of the two it was meant.

No line of it admits a caller who was refused before. An open operation is documented as such, which
changes no view; a view is closed by a permission beside those that it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rest_framework.permissions import SAFE_METHODS, IsAuthenticated, IsAuthenticatedOrReadOnly

from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema
from authkit.schema.openapi.document import Declared
from authkit.schema.views.code.written_permissions import may_be_written_at, written_permissions
from authkit.schema.views.mapping import Operation


@dataclass(frozen=True)
class LeftOpen:
    """The methods that may be meant to be open, by each owner of permissions that decide them."""

    methods: dict[Any, set[str]]

    @classmethod
    def of(cls, schema: AuditedSchema, undocumented: Iterable[Operation]) -> LeftOpen:
        """Look through the document, and what it leaves out, once for all suggestions."""
        methods: dict[Any, set[str]] = {}
        for operation in (*_documented_as_open(schema), *undocumented):
            for owner in may_be_written_at(operation):
                methods.setdefault(owner, set()).add(operation.method)
        return cls(methods)


def open_or_not(schema: AuditedSchema, audited: AuditedOperation, left_open: LeftOpen) -> str:
    """Return both ways, the second where it is certain what it does to the rest of the view."""
    documented = audited.suggested_auth(schema.catalogue)
    ways = (
        (documented, "if anonymous callers may call it"),
        (_closing(audited, left_open), "if not"),
    )
    return "\n".join(f"{code}, {when}" for code, when in ways if code)


def _closing(audited: AuditedOperation, left_open: LeftOpen) -> str:
    source, decision = audited.source, audited.decision
    if source is None or decision is None or not decision.offered.authenticators:
        return ""  # without an authenticator no caller would get in
    written = written_permissions(source)
    if written is None:
        return ""
    stricter = _stricter(audited.method, left_open.methods.get(written.owner, set()))
    return written.beside(stricter) if stricter else ""


def _stricter(method: str, left_open: set[str]) -> type | None:
    """Return the permission that closes *method*, and none that may be meant to be open."""
    if not left_open:
        return IsAuthenticated
    if _is_safe(method) or not all(map(_is_safe, left_open)):
        return None
    return IsAuthenticatedOrReadOnly


def _documented_as_open(schema: AuditedSchema) -> Iterator[Operation]:
    """Yield the operations that are not known to be closed, nor documented as such."""
    for other in schema.operations:
        is_closed = other.decision and other.decision.is_decided and not other.decision.is_open
        if other.source and other.declared is not Declared.SECURED and not is_closed:
            yield other.source


def _is_safe(method: str) -> bool:
    return method.upper() in SAFE_METHODS
