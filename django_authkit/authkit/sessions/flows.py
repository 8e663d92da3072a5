"""What can happen to a session. No HTTP here: plain arguments in, a result or an error out."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F

from authkit.conf import conf
from authkit.core import clock
from authkit.core.client import Client
from authkit.core.notices import tell_owner
from authkit.core.security_log import record
from authkit.core.users import AuthUser
from authkit.errors import ChallengeInvalid, TokenInvalid, TokenReused
from authkit.sessions import tokens
from authkit.sessions.models import (
    Session,
    SessionQuerySet,
    accepted_fingerprints,
    completion,
    password_fingerprint,
    revocation,
    rotation,
    sessions_by_id,
)
from authkit.sessions.replaced_hash import ReplacedHashes, watch_replaced_hashes
from authkit.sessions.tokens import Claims
from authkit.signals import refresh_token_reused, session_ended, session_started

#: How long, and for how many codes, a log-in waits for its second factor.
PENDING_LIFETIME = timedelta(minutes=5)
PENDING_TRIES = 5


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access and a refresh token; ``expires_in`` is how many seconds the former lasts."""

    access: str
    refresh: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 - the name of the scheme (RFC 6749 section 5.1)


@dataclass(frozen=True, slots=True)
class FreshAccess:
    """An access token that says that its user has just proved who they are."""

    access: str
    expires_in: int


def open_session(
    user: AuthUser, client: Client, methods: Sequence[str], *, enrolment_only: bool = False
) -> Session:
    """Write the session of a user who has proved who they are. No token exists yet.

    Only the funnel in ``authkit.login`` calls this: it is the place that knows whether the
    proof is sufficient.
    """
    now = clock.now()
    absolute = now + conf.SESSION_ABSOLUTE_LIFETIME
    return Session.objects.create(
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
    )


def start_session(session: Session) -> TokenPair:
    """Tell that a session is complete, and return its first tokens."""
    record("session_started", session=session.pk, user=session.user_id, ip=session.ip)
    session_started.send(sender=Session, session=session)
    return _pair(session)


def hold_session(session: Session) -> str:
    """Make a session wait for a second factor; return the challenge that completes it."""
    session.pending_until = session.last_used_at + PENDING_LIFETIME
    session.enrolment_only = False
    session.save(update_fields=["pending_until", "enrolment_only"])
    return tokens.challenge_token(session)


def pending_session(challenge: str) -> Session:
    """Return the session that waits for a factor, its user included, and count the try.

    :raises ChallengeInvalid: there is none, or its tries are used up.
    """
    try:
        claims = tokens.decode(challenge, "challenge")
    except TokenInvalid:
        raise ChallengeInvalid from None
    session = sessions_by_id.get(claims.session_id)
    if session is None or not session.is_pending() or not _belong_together(claims, session):
        raise ChallengeInvalid
    mine = Session.objects.pending().filter(pk=session.pk, pending_tries__lt=PENDING_TRIES)
    if not mine.update(pending_tries=F("pending_tries") + 1):
        raise ChallengeInvalid
    return session


def complete_session(session: Session, methods: Sequence[str]) -> None:
    """Turn a pending session into a live one, once.

    :raises ChallengeInvalid: somebody else did, or it waited too long.
    """
    now = clock.now()
    changes = {
        "pending_until": None,
        "methods": _joined(session.amr, methods),
        "authenticated_at": now,
        "last_used_at": now,
        "idle_expires_at": min(now + tokens.idle_lifetime(), session.absolute_expires_at),
    }
    if not completion.run(changes, where={"id": session.pk}, after={"pending_until": now}):
        raise ChallengeInvalid
    _assign(session, changes)


def strengthen_session(session: Session, methods: Sequence[str]) -> None:
    """Note that the holder of a live session has proved more."""
    session.methods = _joined(session.amr, methods)
    session.authenticated_at = clock.now()
    session.enrolment_only = False
    session.save(update_fields=["methods", "authenticated_at", "enrolment_only"])


def fresh_access(session: Session) -> FreshAccess:
    """Return an access token for a user who has just proved again who they are."""
    now = clock.now()
    return FreshAccess(
        access=tokens.access_token(session, proved_at=now),
        expires_in=_seconds_until(tokens.access_expires_at(session, now)),
    )


def refresh_session(refresh_token: str) -> TokenPair:
    """Exchange a refresh token for the next pair.

    Whoever comes second with the same token within the grace gets the same pair; whoever
    comes later ends the session, since one of the two is not its owner (RFC 9700 section
    4.14.2).

    :raises TokenInvalid: the token or its session is not valid.
    :raises TokenReused: the token was spent; its session has just been ended.
    """
    claims = tokens.decode(refresh_token, "refresh")
    session = _live_session(claims)
    if session.generation == claims.generation:
        if _rotate(session):
            _follow_secret_key(session)
            return _pair(session)
        session = _live_session(claims)  # somebody else rotated it in between
    if _is_within_grace(session, claims):
        return _pair(session)
    if claims.generation >= session.generation:
        raise TokenInvalid  # from a future that a restored backup does not know
    _end_stolen(session)
    raise TokenReused


def verify_token(token: str) -> None:
    """Return if an access or refresh token would be accepted now.

    :raises TokenInvalid: it would not.
    """
    claims = tokens.decode(token, "access", "refresh")
    session = _live_session(claims)
    if claims.token_type == "refresh" and not (  # noqa: S105 - a kind, not a token
        session.generation == claims.generation or _is_within_grace(session, claims)
    ):
        raise TokenInvalid


def session_of_access_token(token: str) -> tuple[Session, Claims]:
    """Return the live session that an access token points at, its user included, in one query.

    :raises TokenInvalid: there is none.
    """
    claims = tokens.decode(token, "access")
    return _live_session(claims), claims


def log_out(refresh_token: str) -> None:
    """End the session that a refresh token belongs to. A dead or foreign token changes nothing."""
    try:
        claims = tokens.decode(refresh_token, "refresh")
    except TokenInvalid:
        return
    session = sessions_by_id.get(claims.session_id)
    if session is not None and _belong_together(claims, session):
        _end(session, "log_out")


def live_sessions(user: AuthUser) -> SessionQuerySet:
    """Return the user's sessions that a token could still use, most recently used first."""
    fingerprints = list(accepted_fingerprints(user))
    return Session.objects.of(user).live().filter(password_fingerprint__in=fingerprints)


def end_session(user: AuthUser, session_id: UUID) -> bool:
    """End one live session of the user; return False where they have none of that id."""
    session = live_sessions(user).filter(pk=session_id).first()
    return session is not None and _end(session, "ended_by_user")


def end_other_sessions(user: AuthUser, current: Session | None) -> None:
    """End all sessions of the user but this one, those that wait for a second factor too."""
    others = Session.objects.of(user).unended()
    if current is not None:
        others = others.exclude(pk=current.pk)
    ending = list(others)
    others.update(revoked_at=clock.now())
    for session in ending:
        _tell_end(session, "ended_by_user")


def keep_sessions(user: AuthUser, replaced: ReplacedHashes) -> None:
    """Let the user's sessions live on if the hash of the same password was replaced."""
    if user.pk in replaced:
        fingerprint = password_fingerprint(replaced[user.pk])
        Session.objects.of(user).filter(password_fingerprint=fingerprint).update(
            password_fingerprint=password_fingerprint(user)
        )


def is_password(user: AuthUser, password: str) -> bool:
    """Say whether this is the user's password. Hashing it anew ends no session."""
    with watch_replaced_hashes() as replaced:
        right = user.check_password(password)
    keep_sessions(user, replaced)
    return right


def follow_password_change(session: Session) -> None:
    """Let the session in which its user has just changed the password live on."""
    session.password_fingerprint = password_fingerprint(session.user)
    session.save(update_fields=["password_fingerprint"])


def _live_session(claims: Claims) -> Session:
    session = sessions_by_id.get(claims.session_id)
    if session is None or not session.is_live() or not _belong_together(claims, session):
        raise TokenInvalid
    return session


def _belong_together(claims: Claims, session: Session) -> bool:
    ends = session.absolute_expires_at.timestamp()
    return tokens.user_id_of(session.user) == claims.user_id and claims.payload["exp"] <= ends


def _rotate(session: Session) -> bool:
    """Move the session on by one generation unless somebody else just did.

    The one conditional UPDATE that decides between any number of callers, on every
    database and without a lock.
    """
    now = clock.now()
    changes = {
        "generation": session.generation + 1,
        "last_used_at": now,
        "idle_expires_at": min(now + tokens.idle_lifetime(), session.absolute_expires_at),
    }
    won = rotation.run(
        changes,
        where={"id": session.pk, "generation": session.generation},
        after={"idle_expires_at": now, "absolute_expires_at": now},
    )
    if not won:
        return False
    _assign(session, changes)
    return True


def _assign(session: Session, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        setattr(session, name, value)


def _joined(methods: Sequence[str], more: Sequence[str]) -> str:
    return " ".join(dict.fromkeys([*methods, *more]))


def _follow_secret_key(session: Session) -> None:
    """Make a session independent of the SECRET_KEY_FALLBACKS that it was made under."""
    present = password_fingerprint(session.user)
    if session.password_fingerprint == present:
        return
    # Not over the fingerprint of a password that has changed since the row was read.
    Session.objects.filter(pk=session.pk, password_fingerprint=session.password_fingerprint).update(
        password_fingerprint=present
    )


def _is_within_grace(session: Session, claims: Claims) -> bool:
    grace = timedelta(seconds=conf.REFRESH_GRACE_SECONDS)
    return (
        claims.generation == session.generation - 1 and clock.now() - session.last_used_at < grace
    )


def _end_stolen(session: Session) -> None:
    if _end(session, "token_reused"):
        record("token_reused", level=logging.CRITICAL, session=session.pk, user=session.user_id)
        refresh_token_reused.send(sender=Session, session=session)
        tell_owner(session.user, "token_reused")


def _end(session: Session, reason: str) -> bool:
    """Revoke a session and tell of it; return False where it had been revoked before."""
    if not revocation.run({"revoked_at": clock.now()}, where={"id": session.pk}):
        return False
    _tell_end(session, reason)
    return True


def _tell_end(session: Session, reason: str) -> None:
    record("session_ended", session=session.pk, user=session.user_id, reason=reason)
    session_ended.send(sender=Session, session=session, reason=reason)


def _pair(session: Session) -> TokenPair:
    return TokenPair(
        access=tokens.access_token(session),
        refresh=tokens.refresh_token(session),
        expires_in=_seconds_until(tokens.access_expires_at(session)),
    )


def _seconds_until(moment: datetime) -> int:
    return max(0, int(moment.timestamp()) - int(clock.now().timestamp()))
