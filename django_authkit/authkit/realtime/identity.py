"""Who a handshake is from, and how many of them one client and one account may make."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from authkit.core.http.client import client_of
from authkit.core.http.security_log import note
from authkit.core.limits.cached import counter_of
from authkit.core.limits.rates import Rate
from authkit.errors import CredentialInURL, MultipleCredentials, RequestsExceeded
from authkit.principals.principal import Principal
from authkit.principals.resolve import Authenticators, principal_of, resolve
from authkit.realtime.handshake import Handshake
from authkit.tickets.flows import redeem, ticket_within


def identify(handshake: Handshake, authenticators: Authenticators) -> Principal | None:
    """Return who a handshake is from: by a ticket, or by a header; None without a credential.

    :raises AuthkitError: the credential is refused.
    """
    _refuse_ticket_in_url(handshake)
    tickets = handshake.tickets
    in_headers = any(kind().get_credential(handshake) is not None for kind in authenticators)
    if len(tickets) + in_headers > 1:
        raise MultipleCredentials
    if tickets:
        return by_ticket(handshake, tickets[0])
    return resolve(handshake, authenticators=authenticators, required=False)


def by_ticket(handshake: Handshake, ticket: str) -> Principal:
    """Spend a ticket for the path of a handshake.

    :raises AuthkitError: it is refused.
    """
    return principal_of(*redeem(ticket, handshake.path, client_of(handshake)))


def count_handshake(client: str | None, rate: Rate) -> None:
    """Count one handshake of a client or account; one that is not known is not counted.

    :raises RequestsExceeded: there were too many.
    """
    wait = 0 if client is None else counter_of("default").take(f"handshake:{client}", rate)
    if wait:
        raise RequestsExceeded(wait)


def account_of(principal: Principal) -> str:
    """Return what a principal is counted for, as the throttles do."""
    auth: Any = principal.auth
    return f"user:{principal.user.pk}" if principal.session else f"key:{auth.prefix}"


def _refuse_ticket_in_url(handshake: Handshake) -> None:
    """Refuse what only streams may do: a WebSocket has a place that is not logged."""
    if ticket_within(f"{handshake.path} {unquote_plus(handshake.META['QUERY_STRING'])}"):
        note("credential_in_url", client=client_of(handshake), credential="ticket")
        raise CredentialInURL
