"""Change of e-mail address: the new one confirms it; the old one is notified and can undo it."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.contrib.auth import get_user_model
from django.db import IntegrityError

from authkit.accounts.availability import link
from authkit.accounts.email_verification import LIFETIME, verify_email
from authkit.accounts.names import claim_names, find_owner
from authkit.accounts.registration import complete, find_registration, may_send_mail
from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity import one_time_links
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import FoundLink
from authkit.core.identity.unverified_email import mark_verified
from authkit.core.identity.users import AuthUser, email_of, username_of
from authkit.core.limits.rates import Rate
from authkit.core.limits.requests import count_request
from authkit.core.mail.mailer import Mail, send_all
from authkit.errors import AlreadyTaken, AttemptsExceeded, LinkInvalid
from authkit.events.flows import record
from authkit.sessions.models import Session
from authkit.sessions.revoke import revoke_other_sessions, tell_ended
from authkit.signals import email_changed

T = TypeVar("T")

#: For how long the old e-mail address can undo a change (account takeover).
UNDO_LIFETIME = timedelta(hours=48)

#: Rate limit: requests of one user.
REQUESTS = Rate(5, timedelta(hours=1))


def request_change(user: AuthUser, email: str) -> None:
    """Mail a link to the new e-mail address; prevents user enumeration if it is taken.

    :raises AttemptsExceeded: the user has exceeded the rate limit.
    """
    wait = count_request("email_change", str(user.pk), REQUESTS)
    if wait:
        raise AttemptsExceeded(wait)
    record("email_change_requested", user=user.pk)
    if not may_send_mail(email):
        return
    [token] = one_time_links.issue(Purpose.EMAIL_CHANGE, [(user, email)], LIFETIME)
    owner = find_owner(user.get_email_field_name(), email, exclude=user)
    if owner is None:
        context = {"username": username_of(user), "link": link(token)}
        mail = Mail("email_change", email, context)
    else:
        # The token is discarded. The stored e-mail address is used, not a look-alike of it.
        mail = Mail("email_taken", email_of(owner), {"username": username_of(owner)})
    send_all([mail])


def open_link(token: str, password: str | None = None) -> None:
    """Complete a registration, a verification, a change of e-mail address, or the undo of one.

    :param password: of the account; required for registration and verification.
    :raises LinkInvalid: the token is unknown, expired or used (replay).
    :raises AlreadyTaken: another user has taken the e-mail address or the user name.
    """
    change = one_time_links.find(Purpose.EMAIL_CHANGE, token)
    undo = one_time_links.find(Purpose.EMAIL_CHANGE_UNDO, token)
    verification = one_time_links.find(Purpose.EMAIL_VERIFICATION, token)
    registration = find_registration(token)
    if registration is not None:
        complete(registration, password)
    elif verification is not None and verification.user.is_active:
        verify_email(verification, password)
    elif change is not None:
        _change(change)
    elif undo is not None:
        _undo(undo)
    else:
        raise LinkInvalid


def _change(found: FoundLink) -> None:
    owner = _owner(found)
    user, ended, undo = _run_atomically(partial(_apply_change, owner, found))
    tell_ended(ended)
    record("email_changed", user=user.pk)
    email_changed.send_robust(sender=type(user), user=user)
    old = email_of(owner)
    context = {"username": username_of(user), "address": found.email}
    send_all([Mail("email_changed", old, {**context, "link": link(token)}) for token in undo])


def _undo(found: FoundLink) -> None:
    user, ended = _run_atomically(partial(_apply_undo, _owner(found), found))
    tell_ended(ended)
    record("email_change_undone", user=user.pk)
    email_changed.send_robust(sender=type(user), user=user)
    send_all([Mail("email_change_undone", found.email, {"username": username_of(user)})])


def _owner(found: FoundLink) -> AuthUser:
    if not found.user.is_active:
        raise LinkInvalid
    return found.user


def _run_atomically(change: Callable[[], T]) -> T:
    try:
        return atomic_with_retry(change, get_user_model())
    except IntegrityError:
        raise AlreadyTaken from None


def _apply_change(owner: AuthUser, found: FoundLink) -> tuple[AuthUser, list[Session], list[str]]:
    _spend(found)
    column = owner.get_email_field_name()
    if find_owner(column, found.email, exclude=owner) is not None:
        raise AlreadyTaken
    undo: list[str] = []
    old = email_of(owner)
    was_unverified = mark_verified(owner)
    if old and not was_unverified:
        # The old e-mail address stays reserved while the change can be undone.
        _claim_unless_shared(owner)
        undo = one_time_links.issue(Purpose.EMAIL_CHANGE_UNDO, [(owner, old)], UNDO_LIFETIME)
    user = _with_email(owner, found.email)
    claim_names(user, [column])
    one_time_links.forget(user, Purpose.PASSWORD_RESET, Purpose.EMAIL_VERIFICATION)
    return user, revoke_other_sessions(user, None), undo


def _apply_undo(owner: AuthUser, found: FoundLink) -> tuple[AuthUser, list[Session]]:
    _spend(found)
    user = _with_email(owner, found.email)
    _claim_unless_shared(user)
    one_time_links.forget(user, *Purpose)
    return user, revoke_other_sessions(user, None)


def _spend(found: FoundLink) -> None:
    if not one_time_links.spend(found):
        raise LinkInvalid


def _with_email(owner: AuthUser, email: str) -> AuthUser:
    user = copy(owner)  # a retry starts from the unchanged user
    column = user.get_email_field_name()
    setattr(user, column, email)
    user.save(update_fields=[column])
    return user


def _claim_unless_shared(user: AuthUser) -> None:
    """Store the claim to an e-mail address, unless the project lets users share one."""
    column = user.get_email_field_name()
    if find_owner(column, email_of(user), exclude=user) is None:
        claim_names(user, [column])
