"""What can happen to a session. No HTTP here: plain arguments in, a result or an error out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import F

from authkit.conf import conf
from authkit.core import clock
from authkit.core.client import Client
from authkit.core.database import settle
from authkit.core.mail import tell_owner
from authkit.core.users import AuthUser
from authkit.errors import ChallengeInvalid, TokenInvalid, TokenReused
from authkit.events.flows import record, record_ends
from authkit.sessions import tokens
from authkit.sessions.models import (
    Session,
    SessionQuerySet,
    accepted_fingerprints,
    completion,
    insertion,
    password_fingerprint,
    revocation,
    revocation_by_token,
    rotation,
    sessions_by_id,
)
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
    )
    return insertion.run(session)


def start_session(session: Session) -> TokenPair:
    """Tell that a session is complete, and return its first tokens."""
    record("session_started", user=session.user_id, session=session.pk, amr=session.amr)
    session_started.send_robust(sender=Session, session=session)
    return _pair(session)


def hold_session(session: Session) -> None:
    """Make a session wait for a second factor."""
    changes = {
        "pending_until": session.last_used_at + PENDING_LIFETIME,
        "enrolment_only": False,
    }
    Session.objects.filter(pk=session.pk).update(**changes)
    _assign(session, changes)


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


def give_back_try(session: Session) -> None:
    """Do not count the last try of a pending session: its code was not looked at."""
    tried = Session.objects.pending().filter(pk=session.pk, pending_tries__gt=0)
    tried.update(pending_tries=F("pending_tries") - 1)


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


def forget_session(session: Session) -> None:
    """Delete a pending session that nobody has been told of."""
    settle(Session.objects.filter(pk=session.pk).delete, Session)


def strengthen_session(session: Session, methods: Sequence[str]) -> None:
    """Note that the holder of a live session has proved more."""
    session.methods = _joined(session.amr, methods)
    session.authenticated_at = clock.now()
    session.enrolment_only = False
    session.save(update_fields=["methods", "authenticated_at", "enrolment_only"])


def weaken_session(session: Session, methods: Iterable[str], *, enrolment_only: bool) -> None:
    """Note that these proofs of a live session are worth nothing any more."""
    session.methods = " ".join(method for method in session.amr if method not in methods)
    session.enrolment_only = enrolment_only
    session.save(update_fields=["methods", "enrolment_only"])


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
    4.14.2). That the token has expired by then makes no difference.

    :raises TokenInvalid: the token or its session is not valid.
    :raises TokenReused: the token was spent; its session has just been ended.
    """
    claims = tokens.read(refresh_token, "refresh")
    session = _session_to_refresh(claims)
    if session.generation == claims.generation:
        if _rotate(session):
            _follow_secret_key(session)
        else:  # somebody else rotated it in between
            session = _session_to_refresh(claims)
    if session.generation != claims.generation + 1:
        raise TokenInvalid  # from a future that a restored backup does not know
    return _pair(session)


def verify_token(token: str) -> None:
    """Return if an access or refresh token would be accepted now.

    :raises TokenInvalid: it would not.
    """
    claims = tokens.decode(token, *tokens.BEARER, "refresh")
    session = _live_session(claims)
    if claims.token_type == "refresh" and not (  # noqa: S105 - a kind, not a token
        session.generation == claims.generation or _is_within_grace(session, claims)
    ):
        raise TokenInvalid


def session_of_access_token(token: str) -> tuple[Session, Claims]:
    """Return the live session that an access token points at, its user included, in one query.

    :raises TokenInvalid: there is none.
    """
    claims = tokens.decode(token, *tokens.BEARER)
    return _live_session(claims), claims


def log_out(refresh_token: str) -> None:
    """End the session that a refresh token belongs to, also one that was spent or has expired.

    A foreign token changes nothing.
    """
    try:
        claims = tokens.read(refresh_token, "refresh")
    except TokenInvalid:
        return
    if tokens.name_users_by_primary_key() and not session_ended.has_listeners(Session):
        _end_unread(claims, "log_out")
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
    tell_ended(settle(partial(revoke_other_sessions, user, current), Session))


def revoke_other_sessions(user: AuthUser, current: Session | None) -> list[Session]:
    """Do what :func:`end_other_sessions` does, and return them for :func:`tell_ended`.

    Nothing is to be told inside of a transaction, which may come to nothing.
    """
    others = Session.objects.of(user).unended()
    if current is not None:
        others = others.exclude(pk=current.pk)
    ending = list(others)
    others.update(revoked_at=clock.now())
    return ending


def end_sessions(user: AuthUser, *, actor: Any, note: str | None) -> None:
    """End all sessions of a user because an administrator wants it.

    :param actor: the primary key of the administrator.
    :param note: why, in their words.
    """
    ended = settle(partial(revoke_other_sessions, user, None), Session)
    tell_ended(ended, "ended_by_administrator", actor=actor, note=note)


def tell_ended(
    sessions: Iterable[Session],
    reason: str = "ended_by_user",
    *,
    actor: Any = None,
    note: str | None = None,
) -> None:
    ended = list(sessions)
    pairs = [(session.pk, session.user_id) for session in ended]
    record_ends(pairs, reason=reason, actor=actor, note=note)
    for session in ended:
        _send_end(session, reason)


def _session_to_refresh(claims: Claims) -> Session:
    """Return the live session of a refresh token; end it if the token was spent.

    :raises TokenInvalid: there is none, or the token has expired.
    :raises TokenReused: the session has just been ended.
    """
    session = _live_session(claims)
    if claims.generation < session.generation and not _is_within_grace(session, claims):
        _end_stolen(session)
        raise TokenReused
    if claims.has_expired():
        raise TokenInvalid
    return session


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
    if not settings.SECRET_KEY_FALLBACKS:
        return
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
        refresh_token_reused.send_robust(sender=Session, session=session)
        tell_owner(session.user, "token_reused")


def _end(session: Session, reason: str) -> bool:
    """Revoke a session and tell of it; return False where it was over before."""
    now = clock.now()
    mine = {"id": session.pk}
    if not revocation.run({"revoked_at": now}, where=mine, after={"idle_expires_at": now}):
        return False
    record("session_ended", user=session.user_id, session=session.pk, reason=reason)
    _send_end(session, reason)
    return True


def _end_unread(claims: Claims, reason: str) -> None:
    """Revoke the session of a token, where nobody has to be shown it, in one statement."""
    try:
        user_id = get_user_model()._meta.pk.clean(claims.user_id, None)
        ends = clock.at(claims.payload["exp"]) - timedelta.resolution
    except (ValidationError, OverflowError):
        return  # a token of another project that has the same key
    now = clock.now()
    ended = revocation_by_token.run(
        {"revoked_at": now},
        where={"id": claims.session_id, "user": user_id},
        after={"idle_expires_at": now, "absolute_expires_at": ends},
    )
    if ended:
        record("session_ended", user=user_id, session=claims.session_id, reason=reason)


def _send_end(session: Session, reason: str) -> None:
    session_ended.send_robust(sender=Session, session=session, reason=reason)


def _pair(session: Session) -> TokenPair:
    return TokenPair(
        access=tokens.access_token(session),
        refresh=tokens.refresh_token(session),
        expires_in=_seconds_until(tokens.access_expires_at(session)),
    )


def _seconds_until(moment: datetime) -> int:
    return max(0, int(moment.timestamp()) - int(clock.now().timestamp()))
