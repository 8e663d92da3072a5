"""Change of e-mail address: the new one confirms it; the present one can stop it, and undo it.

Account takeover: the oldest e-mail address of the last seven days wins. Only its owner gets a link
that undoes the changes, whatever addresses follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.contrib.auth import get_user_model
from django.db import IntegrityError

from authkit.accounts.availability import link
from authkit.accounts.email_verification import LIFETIME, spend_locked, verify_email
from authkit.accounts.names import claim_names, find_owner
from authkit.accounts.registration import complete, find_registration, may_send_mail
from authkit.core import factors
from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity import one_time_links
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import FoundLink
from authkit.core.identity.unverified_email import mark_verified
from authkit.core.identity.users import AuthUser, email_of, read_email_again, username_of
from authkit.core.limits.rates import Rate
from authkit.core.limits.requests import count_request
from authkit.core.mail.mailer import Mail, send_all
from authkit.errors import AlreadyTaken, AttemptsExceeded, LinkInvalid
from authkit.events.flows import record
from authkit.factors.proof import lock_proof, prove_owner
from authkit.sessions.lock import lock_live_session
from authkit.sessions.models import Session
from authkit.sessions.revoke import revoke_other_sessions, tell_ended
from authkit.signals import email_changed

T = TypeVar("T")

#: For how long the old e-mail address can undo a change (account takeover).
UNDO_LIFETIME = timedelta(days=7)

#: Rate limit: requests of one user.
REQUESTS = Rate(5, timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Change:
    """An e-mail address that has been changed; ``undo`` is the token for the old one, if any."""

    user: AuthUser
    old: str
    undo: str | None


def request_change(
    user: AuthUser,
    session: Session,
    email: str,
    *,
    password: str | None,
    code: str | None,
    recent: bool,
) -> None:
    """Mail a link to the new e-mail address, and one that stops the change to the present one.

    The link is valid as long as the session that asks, the password and the second factor are
    what they are now. Prevents user enumeration if the address is taken.

    :raises AttemptsExceeded: the user has exceeded the rate limit. Else as :func:`prove_owner`,
        whose arguments the others are, and :func:`lock_proof`.
    """
    version = prove_owner(
        user, session, password=password, code=code, recent=recent, failed="email_change_failed"
    )
    wait = count_request("email_change", str(user.pk), REQUESTS)
    if wait:
        raise AttemptsExceeded(wait)
    record("email_change_requested", user=user.pk, session=session.pk)
    if not may_send_mail(email, "email_change"):
        return
    token = atomic_with_retry(partial(_issue, user, session, email, version), type(user))
    owner = find_owner(user.get_email_field_name(), email, exclude=user)
    if owner is None:
        context = {"username": username_of(user), "link": link(token)}
        mail = Mail("email_change", email, context)
    else:
        # The token is discarded. The stored e-mail address is used, not a look-alike of it.
        mail = Mail("email_taken", email_of(owner), {"username": username_of(owner)})
    send_all([mail, *_announcement(user, email)])


def open_link(token: str, password: str | None = None) -> None:
    """Complete a registration, a verification or a change of e-mail address; stop or undo one.

    :param password: of the account; required for registration and verification.
    :raises LinkInvalid: the token is unknown, expired or used (replay).
    :raises AlreadyTaken: another user has taken the e-mail address or the user name.
    """
    registration = find_registration(token)
    if registration is not None:
        complete(registration, password)
        return
    for purpose, follow in _LINKS.items():
        found = one_time_links.find(purpose, token)
        if found is not None and found.user.is_active:
            follow(found, password)
            return
    raise LinkInvalid


def _issue(user: AuthUser, session: Session, email: str, version: str) -> str:
    # Race: bound to an address that a concurrent request has just replaced, the link would be
    # valid again as soon as an administrator restores that address.
    lock_proof(user, session, version)
    read_email_again(user)
    [token] = one_time_links.issue(
        Purpose.EMAIL_CHANGE,
        [(user, email)],
        LIFETIME,
        session_id=session.pk,
        factors_version=version,
    )
    return token


def _announcement(user: AuthUser, email: str) -> list[Mail]:
    """Return the mail to the present address: a change was requested, and a link stops it."""
    present = email_of(user)
    recipients = [(user, present)] if present else []
    tokens = one_time_links.issue(Purpose.EMAIL_CHANGE_STOP, recipients, LIFETIME)
    context = {"username": username_of(user), "address": email}
    return [
        Mail("email_change_requested", present, {**context, "link": link(token)})
        for token in tokens
    ]


def _change(found: FoundLink, password: str | None) -> None:
    change = _run_atomically(partial(_apply_change, found))
    user = change.user
    record("email_changed", user=user.pk, session=found.session_id)
    email_changed.send_robust(sender=type(user), user=user)
    if change.old:
        undo = change.undo and link(change.undo)
        context = {"username": username_of(user), "address": found.email, "link": undo}
        send_all([Mail("email_changed", change.old, context)])


def _stop(found: FoundLink, password: str | None) -> None:
    _run_atomically(partial(_apply_stop, found))
    record("email_change_stopped", user=found.user.pk)


def _undo(found: FoundLink, password: str | None) -> None:
    user, ended = _run_atomically(partial(_apply_undo, found))
    tell_ended(ended)
    record("email_change_undone", user=user.pk)
    email_changed.send_robust(sender=type(user), user=user)
    send_all([Mail("email_change_undone", found.email, {"username": username_of(user)})])


#: What opening a link does, by its purpose; it is given the link, and the password of the body.
_LINKS: Mapping[Purpose, Callable[[FoundLink, str | None], None]] = {
    Purpose.EMAIL_VERIFICATION: verify_email,
    Purpose.EMAIL_CHANGE: _change,
    Purpose.EMAIL_CHANGE_STOP: _stop,
    Purpose.EMAIL_CHANGE_UNDO: _undo,
}


def _run_atomically(change: Callable[[], T]) -> T:
    try:
        return atomic_with_retry(change, get_user_model())
    except IntegrityError:
        raise AlreadyTaken from None


def _apply_change(found: FoundLink) -> Change:
    found = spend_locked(found)
    owner = found.user
    is_unchanged = factors.version(owner) == found.factors_version
    if not is_unchanged or not lock_live_session(found.session_id):
        raise LinkInvalid
    column = owner.get_email_field_name()
    if find_owner(column, found.email, exclude=owner) is not None:
        raise AlreadyTaken
    old = "" if mark_verified(owner) else email_of(owner)
    user = _with_email(owner, found.email)
    one_time_links.follow_change(owner, user)
    undo = None
    if old and not one_time_links.is_outstanding(Purpose.EMAIL_CHANGE_UNDO, user):
        # The old e-mail address stays reserved while the change can be undone.
        _claim_unless_shared(owner)
        [undo] = one_time_links.issue(Purpose.EMAIL_CHANGE_UNDO, [(user, old)], UNDO_LIFETIME)
    claim_names(user, [column])
    others = set(Purpose) - {Purpose.EMAIL_CHANGE_UNDO}
    one_time_links.forget(user, *others)
    return Change(user, old, undo)


def _apply_stop(found: FoundLink) -> None:
    user = spend_locked(found).user
    one_time_links.forget(user, Purpose.EMAIL_CHANGE, Purpose.EMAIL_CHANGE_STOP)


def _apply_undo(found: FoundLink) -> tuple[AuthUser, list[Session]]:
    found = spend_locked(found)
    user = _with_email(found.user, found.email)
    _claim_unless_shared(user)
    one_time_links.forget(user, *Purpose)
    return user, revoke_other_sessions(user, None)


def _with_email(owner: AuthUser, email: str) -> AuthUser:
    user = copy(owner)  # the caller compares both
    column = user.get_email_field_name()
    setattr(user, column, email)
    user.save(update_fields=[column])
    return user


def _claim_unless_shared(user: AuthUser) -> None:
    """Store the claim to an e-mail address, unless the project lets users share one."""
    column = user.get_email_field_name()
    if find_owner(column, email_of(user), exclude=user) is None:
        claim_names(user, [column])
