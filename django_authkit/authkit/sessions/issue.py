"""Opening, holding and completing sessions, and their first tokens. No HTTP here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from authkit.conf import conf
from authkit.core import clock
from authkit.core.http.client import Client, present_client
from authkit.core.identity.users import AuthUser
from authkit.errors import ChallengeInvalid, TokenInvalid
from authkit.sessions import tokens
from authkit.sessions.assurance import joined
from authkit.sessions.forgery import forgeries_noted
from authkit.sessions.models import (
    Session,
    insertion,
    password_fingerprint,
    sessions_by_id,
)
from authkit.sessions.serializers import pair_data
from authkit.sessions.validate import belong_together
from authkit.signals import session_started

#: How long a log-in waits for its second factor, and for how many codes (brute force).
PENDING_LIFETIME = timedelta(minutes=5)
PENDING_TRIES = 5


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access and a refresh token; ``expires_in`` is the access token's lifetime in seconds.

    ``data`` is what clients get, as ``AUTHKIT["TOKEN_PAIR_SERIALIZER"]`` describes it.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int
    session: Session = field(repr=False)
    token_type: str = "Bearer"  # noqa: S105 - the name of the scheme (RFC 6749 section 5.1)
    data: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def user(self) -> AuthUser:
        return self.session.user


@dataclass(frozen=True, slots=True)
class FreshAccess:
    """An access token whose ``auth_time`` is now; ``expires_in`` is its lifetime in seconds."""

    access: str = field(repr=False)
    expires_in: int


def open_session(
    user: AuthUser,
    client: Client,
    methods: Sequence[str],
    *,
    enrolment_only: bool = False,
    pending: bool = False,
) -> Session:
    """Insert and return the session of a user who has authenticated. It has no token yet.

    Only ``authkit.login.flows`` may call this: it decides whether the proof is sufficient.

    :param pending: the session waits for a second factor.
    :raises ServiceUnavailable: no key can sign its tokens.
    """
    tokens.ensure_signing_key()
    now = clock.now()
    absolute = now + conf.SESSION_ABSOLUTE_LIFETIME
    session = Session(
        user=user,
        password_fingerprint=password_fingerprint(user),
        methods=" ".join(methods),
        ip=client.ip,
        user_agent=client.user_agent,
        authenticated_at=now,
        created_at=now,
        last_used_at=now,
        idle_expires_at=min(now + tokens.idle_lifetime(), absolute),
        absolute_expires_at=absolute,
        enrolment_only=enrolment_only,
        pending_until=now + PENDING_LIFETIME if pending else None,
    )
    insertion.run(session)
    return session


def tell_started(pair: TokenPair) -> TokenPair:
    """Signal that a session is complete and committed; return its first tokens."""
    session_started.send_robust(sender=Session, session=pair.session)
    return pair


def pending_session(challenge: str) -> Session:
    """Return the pending session of a challenge with its user, and count one try.

    :raises ChallengeInvalid: there is none, or its tries are used up (brute force).
    """
    try:
        with forgeries_noted(present_client()):
            claims = tokens.read(challenge, "challenge")
    except TokenInvalid:
        raise ChallengeInvalid from None
    session = None if claims.has_expired() else sessions_by_id.get(id=claims.session_id)
    if session is None or not session.is_pending() or not belong_together(claims, session):
        raise ChallengeInvalid
    mine = Session.objects.pending().filter(pk=session.pk, pending_tries__lt=PENDING_TRIES)
    if not mine.update(pending_tries=F("pending_tries") + 1):
        raise ChallengeInvalid
    return session


def give_back_try(session: Session) -> None:
    """Uncount the last try of a pending session, whose code was not checked."""
    tried = Session.objects.pending().filter(pk=session.pk, pending_tries__gt=0)
    tried.update(pending_tries=F("pending_tries") - 1)


def complete_session(session: Session, methods: Sequence[str]) -> None:
    """Turn a pending session into a live one, once: a replay of its challenge is refused.

    :raises ChallengeInvalid: another request has completed it, or it has expired.
    :raises ServiceUnavailable: no key can sign its tokens.
    """
    tokens.ensure_signing_key()
    now = clock.now()
    changes = {
        "pending_until": None,
        "methods": joined(session.amr, methods),
        "authenticated_at": now,
        "last_used_at": now,
        "idle_expires_at": min(now + tokens.idle_lifetime(), session.absolute_expires_at),
    }
    # Compare-and-set: only one of concurrent callers completes the session.
    if not Session.objects.pending().filter(pk=session.pk).update(**changes):
        raise ChallengeInvalid
    session.assign(changes)


def fresh_access(session: Session, added: Mapping[str, Any] | None = None) -> FreshAccess:
    """Return an access token for a user who has just reauthenticated.

    :param added: the project's claims, where a caller has asked for them before the proof.
    """
    now = clock.now()
    return FreshAccess(
        access=tokens.access_token(session, proved_at=now, added=added),
        expires_in=seconds_until(tokens.access_expires_at(session, now)),
    )


def token_pair(session: Session) -> TokenPair:
    """Return the present tokens of a session.

    Callers make them before they commit, or spend a token: a fault of what the project adds then
    costs the client nothing.
    """
    pair = TokenPair(
        access=tokens.access_token(session),
        refresh=tokens.refresh_token(session),
        expires_in=seconds_until(tokens.access_expires_at(session)),
        session=session,
    )
    pair.data.update(pair_data(pair))
    return pair


def seconds_until(moment: datetime) -> int:
    return max(0, int(moment.timestamp()) - int(clock.now().timestamp()))
