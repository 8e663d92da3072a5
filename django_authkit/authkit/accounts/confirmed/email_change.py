"""Change of e-mail address: the new one confirms it; the present one can stop it, and undo it.

Account takeover: the oldest e-mail address of the last seven days wins. Only its owner gets a link
that undoes the changes, whatever addresses follow.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.contrib.auth import get_user_model
from django.db import IntegrityError

from authkit.accounts.availability import link
from authkit.accounts.confirmed.confirmation import (
    issue_bound,
    mail_confirmation,
    needs_confirmation,
    spend_bound,
)
from authkit.accounts.email_verification import LIFETIME, spend_locked
from authkit.accounts.names import claim_names, find_owner
from authkit.accounts.registration import may_send_mail
from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity import one_time_links
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import FoundLink
from authkit.core.identity.unverified_email import mark_verified
from authkit.core.identity.users import AuthUser, email_of, username_of
from authkit.core.limits.rates import Rate
from authkit.core.limits.requests import count_request
from authkit.core.mail.mailer import Mail, send_all
from authkit.errors import AlreadyTaken, AttemptsExceeded
from authkit.events.flows import record
from authkit.factors.proof import prove_owner
from authkit.sessions.ending.revoke import revoke_other_sessions, tell_ended
from authkit.sessions.models import Session
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
    what they are now. Prevents user enumeration if the address is taken. Where the request
    :func:`needs_confirmation`, the present address gets a link first, which has the other mailed.

    :raises AttemptsExceeded: the user has exceeded the rate limit. Else as :func:`prove_owner`,
        whose arguments the others are.
    """
    wait = prove_owner(
        user,
        session,
        partial(_request, user, session, email),
        password=password,
        code=code,
        recent=recent,
        failed="email_change_failed",
    )
    if wait:
        raise AttemptsExceeded(wait)


def _request(user: AuthUser, session: Session, email: str, proved: Set[str]) -> int:
    """Return for how many seconds the user has to wait, 0 if the links are on their way."""
    wait = count_request("email_change", str(user.pk), REQUESTS)
    if wait:
        return wait
    record("email_change_requested", user=user.pk, session=session.pk)
    if needs_confirmation(user, proved):
        mail_confirmation(Purpose.EMAIL_CHANGE_CONFIRMATION, user, session, email)
    elif may_send_mail(email, "email_change"):
        token = issue_bound(Purpose.EMAIL_CHANGE, user, session, email)
        send_all([_mail_to_new(user, email, token), *_announcement(user, email)])
    return 0


def confirm(found: FoundLink, password: str | None) -> None:
    """Mail the link to the new e-mail address, which the present one has confirmed.

    :raises LinkInvalid: as :func:`spend_bound`.
    """
    token = atomic_with_retry(partial(_apply_confirmation, found), get_user_model())
    if may_send_mail(found.email, "email_change"):
        send_all([_mail_to_new(found.user, found.email, token)])


def _mail_to_new(user: AuthUser, email: str, token: str) -> Mail:
    owner = find_owner(user.get_email_field_name(), email, exclude=user)
    if owner is None:
        context = {"username": username_of(user), "link": link(token, Purpose.EMAIL_CHANGE)}
        return Mail("email_change", email, context, user)
    # The token is discarded. The stored e-mail address is used, not a look-alike of it.
    return Mail("email_taken", email_of(owner), {"username": username_of(owner)}, owner)


def _announcement(user: AuthUser, email: str) -> list[Mail]:
    """Return the mail to the present address: a change was requested, and a link stops it."""
    present = email_of(user)
    recipients = [(user, present)] if present else []
    tokens = one_time_links.issue(Purpose.EMAIL_CHANGE_STOP, recipients, LIFETIME)
    context = {"username": username_of(user), "address": email}
    links = [link(token, Purpose.EMAIL_CHANGE_STOP) for token in tokens]
    return [
        Mail("email_change_requested", present, {**context, "link": stop}, user) for stop in links
    ]


def change(found: FoundLink, password: str | None) -> None:
    """Move the account to the e-mail address that its link has proved; tell the old one.

    :raises LinkInvalid: as :func:`spend_bound`.
    :raises AlreadyTaken: another user has taken the e-mail address.
    """
    change = _run_atomically(partial(_apply_change, found))
    user = change.user
    email_changed.send_robust(sender=type(user), user=user)
    if change.old:
        undo = change.undo and link(change.undo, Purpose.EMAIL_CHANGE_UNDO)
        context = {"username": username_of(user), "address": found.email, "link": undo}
        send_all([Mail("email_changed", change.old, context, user)])


def stop(found: FoundLink, password: str | None) -> None:
    """Invalidate the links of a change that has not been made."""
    _run_atomically(partial(_apply_stop, found))


def undo(found: FoundLink, password: str | None) -> None:
    """Restore an old e-mail address, and end all sessions."""
    user, ended = _run_atomically(partial(_apply_undo, found))
    tell_ended(ended)
    email_changed.send_robust(sender=type(user), user=user)
    send_all([Mail("email_change_undone", found.email, {"username": username_of(user)}, user)])


def _run_atomically(change: Callable[[], T]) -> T:
    try:
        return atomic_with_retry(change, get_user_model())
    except IntegrityError:
        raise AlreadyTaken from None


def _apply_confirmation(found: FoundLink) -> str:
    found = spend_bound(found)
    [token] = one_time_links.issue(
        Purpose.EMAIL_CHANGE,
        [(found.user, found.email)],
        LIFETIME,
        session_id=found.session_id,
        factors_version=found.factors_version,
    )
    return token


def _apply_change(found: FoundLink) -> Change:
    found = spend_bound(found)
    owner = found.user
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
    record("email_changed", user=user.pk, session=found.session_id)
    return Change(user, old, undo)


def _apply_stop(found: FoundLink) -> None:
    user = spend_locked(found).user
    one_time_links.forget(user, Purpose.EMAIL_CHANGE, Purpose.EMAIL_CHANGE_STOP)
    record("email_change_stopped", user=user.pk)


def _apply_undo(found: FoundLink) -> tuple[AuthUser, list[Session]]:
    found = spend_locked(found)
    user = _with_email(found.user, found.email)
    _claim_unless_shared(user)
    one_time_links.forget(user, *Purpose)
    ended = revoke_other_sessions(user, None)
    record("email_change_undone", user=user.pk)
    return user, ended


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
