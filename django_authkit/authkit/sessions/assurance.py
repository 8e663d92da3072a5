"""Assurance of a session: what its user has proved (``amr``, RFC 8176), and when. No HTTP here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from authkit.core import clock
from authkit.sessions.models import Session, sessions_by_id


def raise_assurance(session: Session, methods: Sequence[str]) -> None:
    """Add the methods that the user of a live session has just passed (step-up, RFC 9470)."""
    session.methods = joined(session.amr, methods)
    session.authenticated_at = clock.now()
    session.enrolment_only = False
    session.save(update_fields=["methods", "authenticated_at", "enrolment_only"])


def add_methods(session: Session, methods: Sequence[str]) -> None:
    """Add methods that the user of a live session has just passed, and not the time of it.

    A refreshed access token goes on with the time of the log-in. The caller has locked the row.
    """
    # Race: a concurrent request may have added or removed methods since the session was read.
    present = sessions_by_id.get(id=session.pk) or session
    session.methods = joined(present.amr, methods)
    session.enrolment_only = present.enrolment_only and "mfa" not in methods
    session.save(update_fields=["methods", "enrolment_only"])


def lower_assurance(session: Session, methods: Iterable[str], *, enrolment_only: bool) -> None:
    """Remove methods from a live session that no longer prove its user."""
    session.methods = " ".join(method for method in session.amr if method not in methods)
    session.enrolment_only = enrolment_only
    session.save(update_fields=["methods", "enrolment_only"])


def joined(methods: Sequence[str], more: Sequence[str]) -> str:
    return " ".join(dict.fromkeys([*methods, *more]))
