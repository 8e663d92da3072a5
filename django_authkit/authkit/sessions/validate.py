"""Whether a token and its session are valid now. No HTTP here."""

from __future__ import annotations

from math import inf

from authkit.conf import conf
from authkit.core import clock
from authkit.core.http.client import Client
from authkit.errors import SessionEnded, TokenExpired, TokenInvalid
from authkit.sessions import tokens
from authkit.sessions.forgery import forgeries_noted
from authkit.sessions.models import (
    Session,
    bearer_sessions_by_id,
    rotation_times,
    sessions_by_id,
)
from authkit.sessions.tokens import Claims

#: How many seconds old a proof of identity may be where a recent one is required (step-up).
RECENT_SECONDS = 300


def verify_token(token: str, client: Client) -> None:
    """Return if an access or refresh token would be accepted now from this client.

    That of a session which owes a second factor is not: it opens nothing but the set-up.

    :raises TokenInvalid: it would not.
    """
    with forgeries_noted(client):
        claims = tokens.read(token, "access", "refresh")
    session, _ = _unexpired(claims)
    if session.owes_second_factor:
        raise TokenInvalid
    if claims.token_type == "refresh" and not (  # noqa: S105 - a kind, not a token
        session.generation == claims.generation or is_within_grace(session, claims, client)
    ):
        raise TokenInvalid


def session_of_access_token(token: str) -> tuple[Session, Claims]:
    """Return the live session of an access token with its user, in one query, and the claims.

    :raises TokenInvalid: it is no access token of ours.
    :raises TokenExpired: it has expired, and its session is live.
    :raises SessionEnded: its session is not.
    """
    return _unexpired(tokens.read(token, *tokens.BEARER))


def is_recent(claims: Claims, max_age: int = RECENT_SECONDS) -> bool:
    """Say whether the user proved who they are within the last ``max_age`` seconds."""
    proved_at = claims.payload.get("auth_time")
    return (
        type(proved_at) is int
        and not clock.is_ahead(proved_at)
        and clock.now().timestamp() <= proved_at + max_age
    )


def live_session(claims: Claims) -> Session:
    """Return the live session of a token.

    :raises SessionEnded: it is not live, or not there any more.
    :raises TokenInvalid: it is of another user.
    """
    rows = bearer_sessions_by_id if claims.token_type in tokens.BEARER else sessions_by_id
    session = rows.get(id=claims.session_id)
    if session is None:
        raise SessionEnded
    if not belong_together(claims, session):
        raise TokenInvalid
    if not session.is_live():
        raise SessionEnded
    return session


def _unexpired(claims: Claims) -> tuple[Session, Claims]:
    # The session comes first: a client must not refresh what has ended.
    session = live_session(claims)
    if claims.has_expired():
        raise TokenInvalid if claims.token_type == "refresh" else TokenExpired  # noqa: S105
    return session, claims


def belong_together(claims: Claims, session: Session) -> bool:
    ends = session.absolute_expires_at.timestamp()
    return tokens.user_id_of(session.user) == claims.user_id and claims.payload["exp"] <= ends


def is_within_grace(session: Session, claims: Claims, client: Client) -> bool:
    """Say whether a spent token is a retry: of the last rotation, a moment ago, from its network.

    Clients without an IP (behind a Unix socket) count as one network.
    """
    return (
        claims.generation == session.generation - 1
        and session.rotated_from == network_or_empty(client)
        and _seconds_since_rotation(session) < conf.REFRESH_GRACE_SECONDS
    )


def _seconds_since_rotation(session: Session) -> float:
    """Return the age of the last rotation by the clock of the database.

    Another server may have rotated it, and clock skew is neither theft nor a longer grace.
    """
    row = rotation_times.get(id=session.pk, generation=session.generation, now=clock.now())
    if row is None or row[0] is None:
        return inf  # rotated again meanwhile
    rotated_at, now = row
    return float(abs((now - rotated_at).total_seconds()))


def network_or_empty(client: Client) -> str:
    return client.network or ""
