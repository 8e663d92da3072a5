"""Whether a handshake is admitted: the flow of a connection that opens. No ASGI here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework.exceptions import APIException

from authkit.connections.registry import Connection
from authkit.core.db.outages import outages_as_503
from authkit.core.event_kinds import Facts
from authkit.core.http.client import Client, answering, client_of
from authkit.core.http.security_log import note_counted
from authkit.core.limits.rates import Rate
from authkit.errors import BEARER_CHALLENGE, CredentialMissing
from authkit.events.flows import record
from authkit.principals.principal import Principal
from authkit.principals.resolve import Authenticators
from authkit.realtime.handshake import Handshake
from authkit.realtime.identity import account_of, by_ticket, count_handshake, identify
from authkit.realtime.origins import check_origin

ANONYMOUS = Principal(AnonymousUser(), None, None)


@dataclass(frozen=True, slots=True)
class Policy:
    """What a project asks of handshakes; see :class:`authkit.realtime.AuthkitMiddleware`."""

    authenticators: Authenticators
    required: bool
    origins: Sequence[str] | None
    per_client: Rate
    per_account: Rate

    @property
    def challenges(self) -> list[str]:
        """What asks for a credential; for a ticket, the one by which a client gets it."""
        return [kind().challenge for kind in self.authenticators] or [BEARER_CHALLENGE]

    def admit(self, handshake: Handshake, *, required: bool) -> Principal | None:
        """Return who a handshake is from; None without a credential.

        :raises APIException: it is refused.
        """
        client = client_of(handshake)
        with answering(handshake), outages_as_503():
            check_origin(handshake, self.origins)
            count_handshake(client.network, self.per_client)
            principal = identify(handshake, self.authenticators)
            if principal is None and required:
                raise CredentialMissing(self.challenges)
            return principal and self._counted(principal, handshake)

    def admit_ticket(self, handshake: Handshake, ticket: str) -> Principal:
        """Return who the first message of a connection is from.

        :raises APIException: it is refused.
        """
        with answering(handshake), outages_as_503():
            return self._counted(by_ticket(handshake, ticket), handshake)

    def _counted(self, principal: Principal, handshake: Handshake) -> Principal:
        count_handshake(account_of(principal), self.per_account)
        note_opened(principal, client_of(handshake))
        return principal


class Admitted:
    """``scope["authkit"]``: what permissions and rate limits are asked about."""

    __slots__ = ("connection", "scope")

    def __init__(self, scope: Mapping[str, Any], connection: Connection | None) -> None:
        self.scope = scope
        self.connection = connection

    @property
    def handshake(self) -> Handshake:
        return Handshake(self.scope)

    @property
    def principal(self) -> Principal:
        return ANONYMOUS if self.connection is None else self.connection.principal


def note_refusal(client: Client, error: APIException) -> None:
    """Log that a handshake was refused: one line for a client, reason and minute."""
    note_counted("connection_refused", client, reason=code_of(error))


def note_opened(principal: Principal, client: Client) -> None:
    """Log that a connection is admitted."""
    record("connection_opened", client=client, keep=False, **_about(principal))


def note_end(connection: Connection, reason: str) -> None:
    """Log that a connection has ended, and why."""
    about = _about(connection.principal)
    record("connection_ended", client=connection.client, keep=False, reason=reason, **about)


def code_of(error: APIException) -> str:
    """Return the code of an error; that of several is the one of the first."""
    codes: Any = error.get_codes()
    return codes if isinstance(codes, str) else str(error.default_code)


def _about(principal: Principal) -> Any:
    session = principal.session
    if session is not None:
        return {"user": session.user_id, "session": session.pk}
    facts: Facts = {"api_key": principal.auth.pk}
    return {"user": principal.auth.owner_id, **facts}
