from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from authkit.core import clock
from authkit.core.event_kinds import KINDS
from authkit.core.http.client import Client
from authkit.signals import Event, security_event

logger = logging.getLogger("authkit.security")

COUNTED_PERIOD = timedelta(minutes=1)

#: How many clients a process counts apart.
MAX_COUNTED = 1000

#: The time of the last line, and what was left out since, by kind and network.
_told: dict[tuple[str, str | None], tuple[datetime, int]] = {}
_lock = Lock()


def note(kind: str, *, client: Client | None = None, **facts: Any) -> None:
    """Log and signal an event that belongs to no account, without a row.

    :func:`authkit.events.flows.record` is for the events of accounts.
    """
    ip, user_agent = (client.ip, client.user_agent) if client else (None, "")
    event = Event(kind, None, None, ip, user_agent, facts, clock.now())
    write_line(event)
    tell_receivers(event)


def note_counted(kind: str, client: Client, **facts: str) -> None:
    """Do what :func:`note` does, with one line for a client and minute: a flood fills no log.

    The first is told at once; ``count`` includes those that were left out since the last line.

    :param facts: few of them; each is counted by itself.
    """
    now = clock.now()
    with _lock:
        name = _counted_as(" ".join([kind, *facts.values()]), client, now)
        since, left_out = _told.get(name, (now - COUNTED_PERIOD, 0))
        is_due = not timedelta(0) <= now - since < COUNTED_PERIOD
        _told[name] = (now, 0) if is_due else (since, left_out + 1)
    if is_due:
        note(kind, client=client, count=left_out + 1, **facts)


def _counted_as(kind: str, client: Client, now: datetime) -> tuple[str, str | None]:
    name = (kind, client.network)
    if name not in _told and len(_told) >= MAX_COUNTED:
        for old in [one for one, (since, _) in _told.items() if now - since >= COUNTED_PERIOD]:
            del _told[old]
        if len(_told) >= MAX_COUNTED:
            return kind, None  # all further clients count as one
    return name


def write_line(event: Event) -> None:
    """Write an event to the logger ``authkit.security``, as one line of JSON."""
    level = KINDS[event.kind].level
    if logger.isEnabledFor(level):
        logger.log(level, "%s", as_json(event))


def as_json(event: Event, **more: Any) -> str:
    """Return one line of JSON with the kind, the account and the facts of an event."""
    told = {"user": event.user_id, "session": event.session_id, "ip": event.ip, **event.facts}
    line = {name: value for name, value in {**told, **more}.items() if value is not None}
    line["event"] = event.kind
    return json.dumps(line, default=str, sort_keys=True)


def tell_receivers(event: Event) -> None:
    """Send ``security_event``. Django logs a receiver that raises, and continues."""
    security_event.send_robust(sender=Event, event=event)
