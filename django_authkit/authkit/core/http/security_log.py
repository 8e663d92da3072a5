from __future__ import annotations

import json
import logging
from typing import Any

from authkit.core import clock
from authkit.core.event_kinds import KINDS
from authkit.core.http.client import Client
from authkit.signals import Event, security_event

logger = logging.getLogger("authkit.security")


def note(kind: str, *, client: Client | None = None, **facts: Any) -> None:
    """Log and signal an event that belongs to no account, without a row.

    :func:`authkit.events.flows.record` is for the events of accounts.
    """
    ip, user_agent = (client.ip, client.user_agent) if client else (None, "")
    event = Event(kind, None, None, ip, user_agent, facts, clock.now())
    write_line(event)
    tell_receivers(event)


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
