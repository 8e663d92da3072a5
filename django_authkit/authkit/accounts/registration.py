"""Becoming a user. There is none before the address is proved by the person who asked.

Who registers leaves a row of ours: what the account is to begin with, a hash of the password
among it. The link that is mailed proves the address; the password, asked again with it, proves
that whoever opens the link is who chose it. So an address that a stranger registers stays free,
and nothing of theirs is left in the account of its owner.

With ``AUTHKIT["EMAIL_VERIFICATION_REQUIRED"]`` set to False there is an account at once, and
:mod:`authkit.accounts.email_verification` tells what proves its address later.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from copy import copy
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, models

from authkit.accounts.availability import link
from authkit.accounts.columns import identifiers, is_kept
from authkit.accounts.email_verification import LIFETIME, ask_for_proof, require_right_password
from authkit.accounts.models import Registration
from authkit.accounts.names import claim_names, holder_of, key_of, unverified_holder_of
from authkit.conf import conf
from authkit.core import clock
from authkit.core.db.retry import atomic_with_retry, retry_on_conflict
from authkit.core.http.client import Client
from authkit.core.identity.one_time_links import TOKEN_BYTES
from authkit.core.identity.unverified_email import mark_unverified
from authkit.core.identity.users import AuthUser, email_of, username_of
from authkit.core.limits.rates import Rate
from authkit.core.limits.requests import count_client, count_request
from authkit.core.mail.mailer import Mail, send_all
from authkit.errors import AlreadyTaken, LinkInvalid
from authkit.events.flows import record
from authkit.passwords.policy import require_acceptable
from authkit.signals import account_registered

#: How many mails of ours about registering and moving one address gets.
MAILS = Rate(5, timedelta(hours=1))

#: How many registrations and links one network asks for.
PER_NETWORK = Rate(60, timedelta(hours=1))

#: How many registrations of one address a password is looked for in.
LOOKED_AT = 5


def register(values: Mapping[str, Any], password: str, client: Client) -> None:
    """Ask for an account. Nobody learns from it whether there is one already.

    :param values: as a serializer has validated them. Those of columns are what the account begins
        with; of others, such as a consent, nothing is kept.
    :raises ValidationError: the project's validators do not accept the password.
    """
    if _has_had_enough(client):
        return
    columns = {name: value for name, value in values.items() if is_kept(name)}
    account: AuthUser = get_user_model()(**columns)
    require_acceptable(password, account, member="password")
    account.password = make_password(password)
    address = email_of(account)
    if not may_be_written_to(address):
        return
    if conf.EMAIL_VERIFICATION_REQUIRED:
        token = _store(account, [*columns, "password"])
        send_all([_answer(account, token)])
    else:
        send_all(_open(account))


def resend(address: str, client: Client) -> None:
    """Send the newest registration of an address another link; the one before dies.

    So does that of an account whose address is not proved.
    """
    if _has_had_enough(client) or not may_be_written_to(address):
        return
    key = key_of(_email_column(), address)
    pending = _pending(key).first()
    token, digest = _new_token()
    mine = Registration.objects.filter(digest=pending.digest if pending else "")
    mine.update(digest=digest, expires_at=clock.now() + LIFETIME)
    holder = holder_of(_email_column(), address)
    unverified = unverified_holder_of(address)
    mails = ask_for_proof(unverified)
    if unverified is None and holder is not None:
        mails = [_told_to_log_in(holder)]
    elif unverified is None and pending is not None:
        mails = [Mail("registration", email_of(_account(pending)), {"link": link(token)})]
    send_all(mails)


def find_registration(token: str) -> Registration | None:
    """Return the registration whose link this was."""
    good = Registration.objects.filter(digest=_digest(token), expires_at__gt=clock.now())
    return good.first()


def complete(opened: Registration, password: str | None) -> None:
    """Make the user whose address the link has proved.

    Of several registrations of the address it is the one with this password; the others die.

    :raises ValidationError: the password is missing.
    :raises InvalidCredentials: it is the password of none of them; the link stays good.
    :raises AttemptsExceeded: too many were tried.
    :raises AlreadyTaken: somebody else has the name or the address.
    :raises LinkInvalid: the same link has just been used.
    """
    others = _pending(opened.address).exclude(pk=opened.pk)
    candidates = [opened, *others[:LOOKED_AT]]
    hashes = [each.account["password"] for each in candidates]
    chosen = candidates[require_right_password(str(opened.pk), password, hashes)]
    user = _made(partial(_create, chosen))
    # Not before: who waits for the others' rows is in their way.
    Registration.objects.filter(address=opened.address).delete()
    _tell_registered(user)


def may_be_written_to(address: str) -> bool:
    """Count a mail to an address; return False where it has had enough."""
    return not count_request("address", key_of(_email_column(), address), MAILS)


def _has_had_enough(client: Client) -> bool:
    """Count a request of this network, for whatever address."""
    return bool(count_client("registration_from", client, PER_NETWORK))


def _store(account: AuthUser, names: list[str]) -> str:
    """Write a registration and return its token."""
    now = clock.now()
    token, digest = _new_token()
    columns: list[Any] = [account._meta.get_field(name) for name in names]
    row = Registration(
        digest=digest,
        address=key_of(_email_column(), email_of(account)),
        account={column.attname: _as_text(account, column) for column in columns},
        created_at=now,
        expires_at=now + LIFETIME,
    )
    Registration.objects.filter(expires_at__lte=now).delete()
    retry_on_conflict(partial(row.save, force_insert=True), Registration)
    return token


def _open(account: AuthUser) -> list[Mail]:
    """Make the account whose address is not proved yet; return what is to be said to it."""
    try:
        user = _made(partial(_insert_unverified, account))
    except AlreadyTaken:
        holder = holder_of(_email_column(), email_of(account))
        return [_told_to_log_in(holder) if holder else _told_to_choose(account)]
    _tell_registered(user)
    return ask_for_proof(user)


def _made(make: Callable[[], AuthUser]) -> AuthUser:
    try:
        return atomic_with_retry(make, get_user_model())
    except IntegrityError:
        raise AlreadyTaken from None


def _tell_registered(user: AuthUser) -> None:
    record("account_registered", user=user.pk)
    account_registered.send_robust(sender=type(user), user=user)


def _answer(account: AuthUser, token: str) -> Mail:
    """Return what is to be said to the address: the same number of queries whatever it is."""
    holders = {column: holder_of(column, getattr(account, column)) for column in identifiers()}
    holder = holders[_email_column()]
    if holder is not None:
        return _told_to_log_in(holder)
    if any(holders.values()):
        return _told_to_choose(account)
    return Mail("registration", email_of(account), {"link": link(token)})


def _told_to_log_in(holder: AuthUser) -> Mail:
    # To the address that we have, not to one that looks like it.
    context = {"username": username_of(holder)}
    return Mail("registration_exists", email_of(holder), context)


def _told_to_choose(account: AuthUser) -> Mail:
    return Mail("registration_name_taken", email_of(account), {})


def _create(chosen: Registration) -> AuthUser:
    # First, so that SQLite does not find that it has read what others have written since.
    if not Registration.objects.filter(pk=chosen.pk).delete()[0]:
        raise LinkInvalid
    return _insert(_account(chosen))


def _insert_unverified(account: AuthUser) -> AuthUser:
    user = _insert(copy(account))  # a second try begins with what there was
    mark_unverified(user)
    return user


def _insert(user: AuthUser) -> AuthUser:
    names = identifiers()
    if any(holder_of(name, getattr(user, name)) for name in names):
        raise AlreadyTaken
    user.save(force_insert=True)
    claim_names(user, names)
    return user


def _pending(key: str) -> models.QuerySet[Registration]:
    """Return the registrations of an address that can be completed, the newest first."""
    pending = Registration.objects.filter(address=key, expires_at__gt=clock.now())
    return pending.order_by("-created_at", "-pk")


def _account(row: Registration) -> AuthUser:
    """Return the user that a registration is to become."""
    model = get_user_model()
    columns: dict[str, Any] = {name: model._meta.get_field(name) for name in row.account}
    return model(**{name: columns[name].to_python(text) for name, text in row.account.items()})


def _as_text(account: AuthUser, column: Any) -> str | None:
    missing = column.value_from_object(account) is None
    return None if missing else column.value_to_string(account)


def _new_token() -> tuple[str, str]:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, _digest(token)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _email_column() -> str:
    return get_user_model().get_email_field_name()
