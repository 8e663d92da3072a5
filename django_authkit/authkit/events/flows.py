"""Keeping what happened. No HTTP here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Unpack, cast
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist
from django.core.signals import request_finished
from django.db import connections, models, router, transaction
from django.dispatch import receiver

from authkit.core import clock
from authkit.core.db.retry import retry_on_conflict
from authkit.core.event_kinds import KEPT_PERIOD, KINDS, MAX_KEPT, Facts
from authkit.core.http.client import Client, present_client
from authkit.core.http.security_log import tell_receivers, write_line
from authkit.core.identity.users import AuthUser
from authkit.events.models import SecurityEvent
from authkit.signals import Event

logger = logging.getLogger("authkit.events")

#: Holds what is kept when the request is over.
_thread = threading.local()


def record(
    kind: str,
    *,
    user: Any = None,
    username: str | None = None,
    session: UUID | None = None,
    client: Client | None = None,
    keep: bool = True,
    **facts: Unpack[Facts],
) -> None:
    """Tell what happened: a line in the log, a row, and the signal ``security_event``.

    It changes nothing about what is going on: a database that does not take the row, and a
    receiver that raises, are only logged. The row is committed when this returns, unless the
    caller has a transaction; so refuse after it, and outside of one. What strangers can repeat for
    ever is a refusal, and also survives the transaction of ``ATOMIC_REQUESTS``.

    :param kind: one of :data:`authkit.core.event_kinds.KINDS`.
    :param user: the primary key of whose account it is.
    :param username: what somebody typed instead. Whose it is, if anybody's, is looked up at
        the same cost either way; it is kept nowhere, since people type passwords there.
    :param session: the primary key of the session.
    :param client: who did it; the client of the present request if it is left out.
    :param keep: False where the row of what follows will say it.
    """
    client = client or present_client()
    kept = False
    with _by_itself():
        kept = keep and (not KINDS[kind].floodable or _has_room(kind, client))
        if username is not None and kept:
            user = _user_named(username)
    event = _event(kind, user, session, client, facts)
    write_line(event)
    if kept:
        row = _row(event, client)
        if KINDS[kind].floodable and _is_atomic_request():
            _owed().append(row)
        else:
            _keep([row])
    tell_receivers(event)


@receiver(request_finished, dispatch_uid="authkit.events.owed")
def keep_owed(**kwargs: Any) -> None:
    """Keep what refused a request whose transaction has been rolled back for it.

    In a view of the project's under ``ATOMIC_REQUESTS`` a row that is written before the
    refusal is raised would be undone by it.
    """
    rows = _owed()
    if rows:
        _keep(rows)
        rows.clear()


def record_ends(sessions: Iterable[tuple[UUID, Any]], **facts: Unpack[Facts]) -> None:
    """Record the ends of many sessions, given as pairs of session and user, in one statement."""
    client = present_client()
    events = [_event("session_ended", user, pk, client, facts) for pk, user in sessions]
    for event in events:
        write_line(event)
    _keep([_row(event, client) for event in events])
    for event in events:
        tell_receivers(event)


def pseudonymise(user: AuthUser) -> None:
    """Take a person out of their events, for good: what happened and when is all that stays.

    Part of the caller's transaction, if there is one. To be called before the user is deleted.
    """
    events: models.QuerySet[SecurityEvent] = models.QuerySet(SecurityEvent).using(
        router.db_for_write(SecurityEvent)
    )
    mine = events.filter(user=user)
    nobody: dict[str, Any] = {
        "user": None,
        "session_id": None,
        "ip": None,
        "network": "",
        "user_agent": "",
        "facts": {},
    }
    retry_on_conflict(lambda: mine.update(**nobody), SecurityEvent)


def _event(kind: str, user: Any, session: UUID | None, client: Client, facts: Facts) -> Event:
    said = {name: value for name, value in facts.items() if value is not None}
    return Event(kind, user, session, client.ip, client.user_agent, said, clock.now())


def _is_atomic_request() -> bool:
    connection = connections[router.db_for_write(SecurityEvent)]
    return bool(connection.settings_dict["ATOMIC_REQUESTS"] and connection.in_atomic_block)


def _owed() -> list[SecurityEvent]:
    rows: list[SecurityEvent] = _thread.__dict__.setdefault("rows", [])
    return rows


def _keep(rows: list[SecurityEvent]) -> None:
    with _by_itself():
        if len(rows) == 1:
            retry_on_conflict(rows[0].save, SecurityEvent)
        else:
            retry_on_conflict(lambda: SecurityEvent.objects.bulk_create(rows), SecurityEvent)


def _row(event: Event, client: Client) -> SecurityEvent:
    return SecurityEvent(
        kind=event.kind,
        user_id=event.user_id,
        session_id=event.session_id,
        ip=client.ip,
        network=client.network or "",
        user_agent=client.user_agent,
        facts=event.facts,
        created_at=event.created_at,
    )


def _has_room(kind: str, client: Client) -> bool:
    """Say whether one more of a kind that can be repeated for ever is kept.

    The same for accounts that there are and others: it looks at the network alone.
    """
    since = clock.now() - KEPT_PERIOD
    alike = SecurityEvent.objects.filter(network=client.network or "", kind=kind)
    return alike.filter(created_at__gt=since).order_by()[:MAX_KEPT].count() < MAX_KEPT


def _user_named(username: str) -> Any:
    """Return the primary key of the user whom Django's own backend would find, or None."""
    manager: Any = get_user_model()._default_manager
    try:
        return cast(AuthUser, manager.get_by_natural_key(username)).pk
    except ObjectDoesNotExist:
        return None


@contextmanager
def _by_itself() -> Iterator[None]:
    """Keep the failure of a statement from what is going on, and from its transaction."""
    alias = router.db_for_write(SecurityEvent)
    try:
        if connections[alias].in_atomic_block:
            with transaction.atomic(using=alias):
                yield
        else:
            yield
    except Exception:  # whatever it is, what the caller answers is for the caller to decide
        logger.exception("A security event could not be stored; the log has it.")
