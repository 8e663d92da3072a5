"""Refresh token rotation with reuse detection (RFC 9700 section 4.14.2). No HTTP here."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.db.models import Q

from authkit.core import clock
from authkit.core.db.retry import retry_on_conflict
from authkit.core.http.client import Client
from authkit.core.mail.mailer import tell_owner
from authkit.errors import TokenInvalid, TokenReused
from authkit.events.flows import record
from authkit.sessions import tokens
from authkit.sessions.ending.revoke import end
from authkit.sessions.forgery import forgeries_noted
from authkit.sessions.issue import TokenPair, token_pair
from authkit.sessions.models import (
    Session,
    password_fingerprint,
    rotation,
)
from authkit.sessions.tokens import Claims
from authkit.sessions.validate import is_within_grace, live_session, network_or_empty
from authkit.signals import refresh_token_reused


def refresh_session(refresh_token: str, client: Client) -> TokenPair:
    """Exchange a refresh token for the next pair.

    A replay within the grace, from the network of the rotation, is idempotent: it returns the same
    pair, and is recorded. Every other replay is refresh token reuse, a sign of token theft, and
    ends the session, also if the token has expired since (RFC 9700 section 4.14.2).

    :raises TokenInvalid: the token or its session is not valid.
    :raises TokenReused: the token was spent; its session has just been ended.
    :raises ServiceUnavailable: no key can sign the next pair; the token is not spent.
    """
    with forgeries_noted(client):
        claims = tokens.read(refresh_token, "refresh")
    tokens.ensure_signing_key()
    session = _session_to_refresh(claims, client)
    if session.generation == claims.generation:
        pair = _rotate(session, client)
        if pair is not None:
            _follow_secret_key(session)
            return pair
        session = _session_to_refresh(claims, client)  # race: another request has rotated it
    if session.generation != claims.generation + 1:
        raise TokenInvalid  # issued after the backup that the database was restored from
    _record_replay(session)
    return token_pair(session)


def _session_to_refresh(claims: Claims, client: Client) -> Session:
    """Return the live session of a refresh token; end it if the token was spent.

    :raises TokenInvalid: there is none, or the token has expired.
    :raises TokenReused: the session has just been ended.
    """
    session = live_session(claims)
    if claims.generation < session.generation and not is_within_grace(session, claims, client):
        _end_stolen(session)
        raise TokenReused
    if claims.has_expired():
        raise TokenInvalid
    return session


def _rotate(session: Session, client: Client) -> TokenPair | None:
    """Move the session on by one generation, and return the next pair; None after a race.

    Compare-and-set: one conditional UPDATE decides between any number of callers, on every
    database and without a lock. The pair is made before: what fails there spends no token.
    """
    now, seen = clock.now(), session.generation
    changes = {
        "generation": session.generation + 1,
        "last_used_at": now,
        "rotated_from": network_or_empty(client),
        "idle_expires_at": min(now + tokens.idle_lifetime(), session.absolute_expires_at),
    }
    session.assign(changes)
    pair = token_pair(session)
    return pair if rotation.run(id=session.pk, seen=seen, now=now, **changes) else None


def _follow_secret_key(session: Session) -> None:
    """Rewrite a fingerprint that SECRET_KEY_FALLBACKS made with the present SECRET_KEY."""
    if not settings.SECRET_KEY_FALLBACKS:
        return
    present = password_fingerprint(session.user)
    if session.password_fingerprint == present:
        return
    # Compare-and-set: a password that has changed since the row was read keeps its fingerprint.
    Session.objects.filter(pk=session.pk, password_fingerprint=session.password_fingerprint).update(
        password_fingerprint=present
    )


def _record_replay(session: Session) -> None:
    """Record that a spent token came back within the grace, once for each rotation."""
    unseen = ~Q(replayed_generation=session.generation)
    mine = Session.objects.live().filter(unseen, pk=session.pk, generation=session.generation)
    seen = {"replayed_at": clock.now(), "replayed_generation": session.generation}
    if retry_on_conflict(partial(mine.update, **seen), Session):
        record("token_replayed", session=session.pk, user=session.user_id)


def _end_stolen(session: Session) -> None:
    if end(session, "token_reused"):
        record("token_reused", session=session.pk, user=session.user_id)
        refresh_token_reused.send_robust(sender=Session, session=session)
        tell_owner(session.user, "token_reused")
