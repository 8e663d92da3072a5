"""Changing one's e-mail address: confirmed from the new one, told to the old, which can undo it."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.contrib.auth import get_user_model
from django.db import IntegrityError

from authkit.accounts.availability import link
from authkit.accounts.email_verification import LIFETIME, verify_address
from authkit.accounts.names import claim_names, holder_of
from authkit.accounts.registration import complete, find_registration, may_be_written_to
from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity import one_time_links as mailed_tokens
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

#: For how long the old address can undo a change.
UNDO_LIFETIME = timedelta(hours=48)

#: How often somebody may ask for a change.
REQUESTS = Rate(5, timedelta(hours=1))


def request_change(user: AuthUser, address: str) -> None:
    """Ask for another address. Nobody learns from it whether somebody has it.

    :raises AttemptsExceeded: the user has asked too often.
    """
    wait = count_request("email_change", str(user.pk), REQUESTS)
    if wait:
        raise AttemptsExceeded(wait)
    record("email_change_requested", user=user.pk)
    if not may_be_written_to(address):
        return
    [token] = mailed_tokens.issue(Purpose.EMAIL_CHANGE, [(user, address)], LIFETIME)
    holder = holder_of(user.get_email_field_name(), address, besides=user)
    if holder is None:
        context = {"username": username_of(user), "link": link(token)}
        mail = Mail("email_change", address, context)
    else:
        # The token is kept by nobody. The mail goes to the address that we have.
        mail = Mail("email_taken", email_of(holder), {"username": username_of(holder)})
    send_all([mail])


def open_link(token: str, password: str | None = None) -> None:
    """Do what a mailed link is for: register, prove or change the address, or undo the change.

    :param password: that of the account; for the first two.
    :raises LinkInvalid: it is good for nothing, or no longer.
    :raises AlreadyTaken: somebody else has the address, or the name, by now.
    """
    change = mailed_tokens.find(Purpose.EMAIL_CHANGE, token)
    undoing = mailed_tokens.find(Purpose.EMAIL_CHANGE_UNDO, token)
    proof = mailed_tokens.find(Purpose.EMAIL_VERIFICATION, token)
    registration = find_registration(token)
    if registration is not None:
        complete(registration, password)
    elif proof is not None and proof.user.is_active:
        verify_address(proof, password)
    elif change is not None:
        _change(change)
    elif undoing is not None:
        _undo(undoing)
    else:
        raise LinkInvalid


def _change(found: FoundLink) -> None:
    owner = _owner(found)
    user, ended, undo = _move(partial(_apply_change, owner, found))
    tell_ended(ended)
    record("email_changed", user=user.pk)
    email_changed.send_robust(sender=type(user), user=user)
    old = email_of(owner)
    context = {"username": username_of(user), "address": found.email}
    send_all([Mail("email_changed", old, {**context, "link": link(token)}) for token in undo])


def _undo(found: FoundLink) -> None:
    user, ended = _move(partial(_apply_undo, _owner(found), found))
    tell_ended(ended)
    record("email_change_undone", user=user.pk)
    email_changed.send_robust(sender=type(user), user=user)
    send_all([Mail("email_change_undone", found.email, {"username": username_of(user)})])


def _owner(found: FoundLink) -> AuthUser:
    if not found.user.is_active:
        raise LinkInvalid
    return found.user


def _move(change: Callable[[], T]) -> T:
    try:
        return atomic_with_retry(change, get_user_model())
    except IntegrityError:
        raise AlreadyTaken from None


def _apply_change(owner: AuthUser, found: FoundLink) -> tuple[AuthUser, list[Session], list[str]]:
    _spend(found)
    column = owner.get_email_field_name()
    if holder_of(column, found.email, besides=owner) is not None:
        raise AlreadyTaken
    undo: list[str] = []
    old = email_of(owner)
    was_never_proved = mark_verified(owner)
    if old and not was_never_proved:
        # What is left stays the user's while there is a way back to it.
        _claim_unless_shared(owner)
        undo = mailed_tokens.issue(Purpose.EMAIL_CHANGE_UNDO, [(owner, old)], UNDO_LIFETIME)
    user = _moved(owner, found.email)
    claim_names(user, [column])
    mailed_tokens.forget(user, Purpose.PASSWORD_RESET, Purpose.EMAIL_VERIFICATION)
    return user, revoke_other_sessions(user, None), undo


def _apply_undo(owner: AuthUser, found: FoundLink) -> tuple[AuthUser, list[Session]]:
    _spend(found)
    user = _moved(owner, found.email)
    _claim_unless_shared(user)
    mailed_tokens.forget(user, *Purpose)
    return user, revoke_other_sessions(user, None)


def _spend(found: FoundLink) -> None:
    if not mailed_tokens.spend(found):
        raise LinkInvalid


def _moved(owner: AuthUser, address: str) -> AuthUser:
    user = copy(owner)  # a second try begins with what there was
    column = user.get_email_field_name()
    setattr(user, column, address)
    user.save(update_fields=[column])
    return user


def _claim_unless_shared(user: AuthUser) -> None:
    """Write down that an address is the user's, unless the project lets others have it too."""
    column = user.get_email_field_name()
    if holder_of(column, email_of(user), besides=user) is None:
        claim_names(user, [column])
