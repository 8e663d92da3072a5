"""Tickets: made for a session or a key, and spent once. No HTTP here."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple, NoReturn
from uuid import UUID

from authkit.api_keys.models import APIKey
from authkit.api_keys.owners import owner_of
from authkit.api_keys.using.principal import ServicePrincipal
from authkit.api_keys.using.usage import use_verified_key
from authkit.core import clock
from authkit.core.event_kinds import Facts
from authkit.core.http.client import Client
from authkit.core.http.security_log import note_counted
from authkit.core.limits.cached import counter_of
from authkit.core.limits.rates import Rate
from authkit.errors import EnrolmentRequired, Forbidden, RequestsExceeded, TicketInvalid
from authkit.events.flows import record
from authkit.sessions.access.bearer import AccessToken
from authkit.sessions.models import Session
from authkit.sessions.tokens import claims_again
from authkit.sessions.validate import live_session
from authkit.tickets.models import Ticket, insertion, spending, tickets_by_digest

#: How long a ticket may be spent.
LIFETIME = timedelta(seconds=30)

#: How many tickets an account may get: one for each connection, and browsers reconnect.
LIMIT = Rate(number=120, period=timedelta(minutes=1))

TICKET_BYTES = 32

#: The prefix lets tickets be found in texts, such as URLs and logs. All characters may stand in a
#: WebSocket subprotocol (RFC 9110 section 5.6.2) and in a query.
_TICKET = re.compile(r"tkt_[A-Za-z0-9_-]{43}", re.ASCII)


class _Read(NamedTuple):
    session_id: UUID | None
    api_key_id: UUID | None
    claims: Any
    path: str
    created_at: Any
    now: Any


def issue_ticket(auth: Any, account: str, path: str = "") -> str:
    """Return a new ticket, of which the row stores a digest.

    :param auth: the :class:`AccessToken` or :class:`APIKey` of the request: the connection will
        act for the same user, by the same session or key.
    :param account: what the ticket is counted for.
    :param path: the only path that it opens; "" for any.
    :raises RequestsExceeded: the account has made too many.
    :raises Forbidden: the credential is of another kind, such as a key of another table.
    """
    if not isinstance(auth, AccessToken | APIKey):
        raise Forbidden
    wait = counter_of("default").take(f"ticket:{account}", LIMIT)
    if wait:
        raise RequestsExceeded(wait)
    ticket = f"tkt_{secrets.token_urlsafe(TICKET_BYTES)}"
    row = Ticket(digest=_digest(ticket), path=path)
    if isinstance(auth, AccessToken):
        row.session_id, row.claims = auth.session.pk, _plain(auth.claims.payload)
    else:
        row.api_key_id = auth.pk
    insertion.run(row, now=clock.now())
    return ticket


def redeem(ticket: str, path: str, client: Client) -> tuple[Any, AccessToken | APIKey]:
    """Spend a ticket; return the user and the session or key that it is bound to.

    One of concurrent callers gets it (compare-and-set). It is spent also where it is refused.

    :param path: the path of the connection.
    :raises TicketInvalid: it is unknown, spent or expired, or for another path.
    :raises SessionEnded: its session ended since, or cannot be used.
    :raises APIKeyInvalid: so did its key.
    """
    found = _read(ticket)
    if found is None:
        note_counted("token_rejected", client)
        raise TicketInvalid
    if not spending.run(digest=_digest(ticket), now=clock.now()):
        _refuse(found, "spent", client)
    if not timedelta(0) <= found.now - found.created_at < LIFETIME:
        _refuse(found, "expired", client)
    if found.path and found.path != path:
        _refuse(found, "path", client)
    return _bound_to(found, client)


def ticket_within(text: str) -> str | None:
    """Return the first ticket in a text, valid or not; None without one."""
    match = _TICKET.search(text)
    return match and match[0]


def _read(ticket: str) -> _Read | None:
    if not _TICKET.fullmatch(ticket):
        return None
    row = tickets_by_digest.get(digest=_digest(ticket), now=clock.now())
    return None if row is None else _Read(*row)


def _bound_to(found: _Read, client: Client) -> tuple[Any, AccessToken | APIKey]:
    if found.api_key_id is not None:
        api_key = use_verified_key(found.api_key_id, lambda: client.ip)
        return owner_of(api_key) or ServicePrincipal(api_key), api_key
    claims = claims_again(found.claims)
    session = live_session(claims)
    if session.owes_second_factor:
        record("enrolment_required", client=client, user=session.user_id, session=session.pk)
        raise EnrolmentRequired
    return session.user, AccessToken(session, claims)


def _refuse(found: _Read, reason: str, client: Client) -> NoReturn:
    """Record and refuse what may be a copy of a ticket."""
    facts: Facts = {"reason": reason}
    if found.api_key_id is not None:
        facts["api_key"] = found.api_key_id
    record("ticket_refused", client=client, user=_user_of(found), session=found.session_id, **facts)
    raise TicketInvalid


def _user_of(found: _Read) -> Any:
    """Return the primary key of the user who got a ticket; None of a service, or of none left."""
    if found.session_id is not None:
        return Session.objects.filter(pk=found.session_id).values_list("user", flat=True).first()
    return APIKey.objects.filter(pk=found.api_key_id).values_list("owner", flat=True).first()


def _plain(payload: Mapping[str, Any]) -> Any:
    """Return claims, which are read-only, as JSON that can be stored."""
    return json.loads(json.dumps(payload, default=dict))


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
