"""Recording and pseudonymisation of security events. No HTTP here."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Unpack, cast
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist
from django.core.signals import request_finished
from django.db import connections, models, router
from django.dispatch import receiver

from authkit.core import clock
from authkit.core.db.best_effort import best_effort
from authkit.core.db.retry import retry_on_conflict
from authkit.core.event_kinds import KEPT_PERIOD, KINDS, MAX_KEPT, Facts
from authkit.core.http.client import Client, present_client
from authkit.core.http.security_log import as_json, tell_receivers, write_line
from authkit.core.identity.users import AuthUser
from authkit.core.limits.rates import Rate
from authkit.core.limits.requests import count_request
from authkit.events.models import SecurityEvent, insertion
from authkit.signals import Event

logger = logging.getLogger("authkit.events")

#: Counts events that are not stored; it limits nothing.
DROPS = Rate(number=10**9, period=KEPT_PERIOD)
DROP_SHARDS = 16

#: Holds what is written after the request.
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
    """Record an event: a line in the log, a row, and the signal ``security_event``.

    Errors of the database and of receivers are logged and not raised: an event that is not stored
    is an ERROR of the logger ``authkit.events``, with all that the row would have. The row is
    committed when this returns, unless the caller has a transaction; so raise a refusal after this
    call, outside of a transaction. Floodable kinds also survive the rollback of
    ``ATOMIC_REQUESTS``.

    :param kind: one of :data:`authkit.core.event_kinds.KINDS`.
    :param user: the primary key of the user.
    :param username: a typed user name instead. The look-up costs the same for unknown names
        (timing); the name is never stored, since users type passwords into that field.
    :param session: the primary key of the session.
    :param client: the client; that of the present request if omitted.
    :param keep: False if a later event stores the same facts.
    :raises DatabaseError: the transaction of the caller is lost.
    """
    client = client or present_client()
    if username is not None and keep:
        with _isolated():
            user = _user_named(username)
    kept = keep and _is_to_be_stored(kind, client, user)
    event = _event(kind, user, session, client, facts)
    write_line(event)
    if kept is None:
        _write_unstored(event)
    elif keep:
        write = partial(_store, event) if kept else partial(_drop, kind, client)
        if KINDS[kind].floodable and _is_atomic_request():
            _deferred().append(write)
        else:
            write()
    tell_receivers(event)


@receiver(request_finished, dispatch_uid="authkit.events.deferred")
def store_deferred(**kwargs: Any) -> None:
    """Store the events of a refused request after its transaction.

    Under ``ATOMIC_REQUESTS`` the refusal in a view rolls back every row of its request.
    """
    writes = _deferred()
    _thread.writes = []
    for write in writes:
        write()


def pseudonymise(user: AuthUser) -> None:
    """Remove personal data from a user's events irreversibly; kind and time stay (GDPR art. 4(5)).

    Joins the transaction of the caller. Call it before the user is deleted.
    """
    events: models.QuerySet[SecurityEvent] = models.QuerySet(SecurityEvent).using(
        router.db_for_write(SecurityEvent)
    )
    own = events.filter(user=user)
    anonymous: dict[str, Any] = {
        "user": None,
        "session_id": None,
        "ip": None,
        "network": "",
        "user_agent": "",
        "facts": {},
    }
    retry_on_conflict(lambda: own.update(**anonymous), SecurityEvent)


def _event(kind: str, user: Any, session: UUID | None, client: Client, facts: Facts) -> Event:
    given = {name: value for name, value in facts.items() if value is not None}
    return Event(kind, user, session, client.ip, client.user_agent, given, clock.now())


def _is_atomic_request() -> bool:
    connection = connections[router.db_for_write(SecurityEvent)]
    return bool(connection.settings_dict["ATOMIC_REQUESTS"] and connection.in_atomic_block)


def _deferred() -> list[Callable[[], None]]:
    writes: list[Callable[[], None]] = _thread.__dict__.setdefault("writes", [])
    return writes


def _store(event: Event) -> None:
    """Store an event, or write it to the log: what was answered leaves a trace."""
    row = _row(event)
    with _isolated():
        insertion.run(row)
    if row._state.adding:
        _write_unstored(event)


def _drop(kind: str, client: Client) -> None:
    """Count an event that is not stored.

    Equal work prevents user enumeration: a network that has filled the room of unknown accounts
    must not recognise a known one by the time that a write takes. The rows of the count are
    several, since callers that wait for each other's lock could be recognised as well.
    """
    shard = secrets.randbelow(DROP_SHARDS)
    with _isolated():
        count_request(f"event_dropped:{kind}:{shard}", client.network or "", DROPS)


def _row(event: Event) -> SecurityEvent:
    client = Client(event.ip, event.user_agent)
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


def _write_unstored(event: Event) -> None:
    # ERROR, whatever the level of its kind: Python writes it to stderr where nothing is configured.
    more = {"user_agent": event.user_agent or None, "created_at": event.created_at}
    logger.error("A security event was not stored: %s", as_json(event, **more))


def _is_to_be_stored(kind: str, client: Client, user: Any) -> bool | None:
    """Say whether the flood limit leaves room for an event; None if the database does not say."""
    if not KINDS[kind].floodable:
        return True
    room: bool | None = None
    with _isolated():
        room = _is_within_flood_limit(kind, client, user)
    return room  # noqa: RET504 - the statement may have failed


def _is_within_flood_limit(kind: str, client: Client, user: Any) -> bool:
    """Say whether one more event of a floodable kind is stored for a network and an account.

    Each account has room of its own, so that no noise hides what is done to it. Unknown accounts
    share one; the statements are the same (user enumeration).
    """
    since = clock.now() - KEPT_PERIOD
    alike = SecurityEvent.objects.filter(network=client.network or "", kind=kind, user=user)
    recent = alike.filter(created_at__gt=since, created_at__lte=clock.latest())
    return recent.order_by()[:MAX_KEPT].count() < MAX_KEPT


def _user_named(username: str) -> Any:
    """Return the primary key of the user that Django's ModelBackend finds, or None."""
    model = get_user_model()
    manager: Any = model._default_manager.db_manager(router.db_for_write(model))
    try:
        return cast(AuthUser, manager.get_by_natural_key(username)).pk
    except ObjectDoesNotExist:
        return None


#: Protects the caller and its transaction from the failure of a statement.
_isolated = partial(
    best_effort,
    SecurityEvent,
    logger,
    logging.ERROR,
    "The recording of a security event failed.",
)
