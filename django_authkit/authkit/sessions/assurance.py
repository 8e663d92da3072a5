"""How sure a session is of its user: what was proved (``amr``), and when. No HTTP here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from authkit.core import clock
from authkit.sessions.models import (
    Session,
)


def raise_assurance(session: Session, methods: Sequence[str]) -> None:
    """Note that the holder of a live session has proved more."""
    session.methods = joined(session.amr, methods)
    session.authenticated_at = clock.now()
    session.enrolment_only = False
    session.save(update_fields=["methods", "authenticated_at", "enrolment_only"])


def lower_assurance(session: Session, methods: Iterable[str], *, enrolment_only: bool) -> None:
    """Note that these proofs of a live session are worth nothing any more."""
    session.methods = " ".join(method for method in session.amr if method not in methods)
    session.enrolment_only = enrolment_only
    session.save(update_fields=["methods", "enrolment_only"])


def joined(methods: Sequence[str], more: Sequence[str]) -> str:
    return " ".join(dict.fromkeys([*methods, *more]))
