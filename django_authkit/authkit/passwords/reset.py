"""A new password for somebody who has forgotten theirs, by a link in a mail."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.db import router
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from authkit.conf import conf
from authkit.core.db.retry import atomic_with_retry
from authkit.core.http.client import Client
from authkit.core.http.security_log import note
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import FoundLink, find, issue, spend
from authkit.core.identity.unverified_email import mark_verified
from authkit.core.identity.users import AuthUser, canonical, email_of, spelt_like, username_of
from authkit.core.limits.rates import Rate
from authkit.core.limits.requests import count_client, count_request
from authkit.core.mail.mailer import Mail, send_all, tell_owner
from authkit.errors import LinkInvalid
from authkit.events.flows import record
from authkit.passwords.attempts import reset_password_failures
from authkit.passwords.policy import require_acceptable
from authkit.passwords.stored import store_password
from authkit.sessions.models import Session
from authkit.sessions.revoke import revoke_other_sessions, tell_ended
from authkit.signals import password_reset

#: Mails to one address, and requests from one network.
PER_ADDRESS = Rate(3, timedelta(hours=1))
PER_NETWORK = Rate(60, timedelta(hours=1))

#: How many accounts that may share an address are looked at.
MOST_ACCOUNTS = 50


def request_reset(email: str, client: Client) -> None:
    """Send a link to the owner of every account with this address; say nothing to the caller.

    What is done for an address of nobody is what is done for one of somebody: the same
    counts, the same statements, and a batch of mails that may be empty. Beyond the limits there
    is none.
    """
    if _is_beyond_limits(email, client):
        note("password_reset_limited", client=client)
        return
    if conf.PASSWORD_RESET_URL is None:
        note("password_reset_unconfigured")
        return
    users = _owners(email)
    lifetime = conf.PASSWORD_RESET_LIFETIME
    tokens = issue(Purpose.PASSWORD_RESET, [(user, email_of(user)) for user in users], lifetime)
    owners: list[Any] = [user.pk for user in users]
    for owner in owners or [None]:
        record("password_reset_requested", user=owner)
    send_all([_mail(user, token) for user, token in zip(users, tokens, strict=True)])


def confirm_reset(uid: str, token: str, new: str) -> None:
    """Set the password of whoever was sent the token; end all their sessions.

    Nobody is logged in by this, and a second factor stays as it is. It proves the address: from
    an account that a stranger has registered it takes all that there is, the sessions and the
    password (:class:`authkit.sessions.permissions.MayAddCredentials`).

    :raises LinkInvalid: it was not sent, or is not good any more; only one of many wins it, and
        none after the password has changed by another road.
    :raises ValidationError: the project's validators do not accept ``new``; the token lives.
    """
    found = find(Purpose.PASSWORD_RESET, token)
    if found is None or uid_of(found.user) != uid or not _may_reset(found.user):
        record("password_reset_failed")
        raise LinkInvalid
    user = found.user
    forgotten = user.password
    require_acceptable(new, user)
    user.set_password(new)
    ended, is_first_proof = atomic_with_retry(partial(_store, user, found, forgotten), type(user))
    tell_ended(ended)
    record("password_reset", user=user.pk)
    if is_first_proof:
        record("email_verified", user=user.pk)
    password_reset.send_robust(sender=type(user), user=user)
    tell_owner(user, "password_changed")


def uid_of(user: AuthUser) -> str:
    """Return how a link names an account, as Django's own does."""
    return urlsafe_base64_encode(force_bytes(user.pk))


def _is_beyond_limits(email: str, client: Client) -> bool:
    # Of the network first: who is beyond that cannot use up what an address has left.
    if count_client("password_reset_from", client, PER_NETWORK):
        return True
    return bool(count_request("password_reset_to", canonical(email), PER_ADDRESS))


def _owners(email: str) -> list[AuthUser]:
    """Return the accounts with this address, however it is spelt, that may have a new password."""
    model = get_user_model()
    column = model.get_email_field_name()
    if column not in {field.name for field in model._meta.get_fields()}:
        return []
    # A replica may not know yet that an address is no longer theirs.
    users: Any = model._default_manager.using(router.db_for_write(model))
    alike = users.filter(spelt_like(column, email)).order_by("pk")
    typed = canonical(email)
    # What the database takes for equal may be somebody else's address (CVE-2019-19844).
    return [
        user
        for user in alike[:MOST_ACCOUNTS]
        if canonical(email_of(user)) == typed and _may_reset(user)
    ]


def _may_reset(user: AuthUser) -> bool:
    """Say whether a password is what this account logs in with: another directory may be."""
    return user.is_active and user.has_usable_password()


def _mail(user: AuthUser, token: str) -> Mail:
    context = {
        "username": username_of(user),
        "link": _link(user, token),
        "minutes": int(conf.PASSWORD_RESET_LIFETIME.total_seconds() // 60),
    }
    return Mail("password_reset", email_of(user), context)


def _link(user: AuthUser, token: str) -> str:
    template = conf.PASSWORD_RESET_URL or ""
    return template.replace("{uid}", uid_of(user)).replace("{token}", token)


def _store(user: AuthUser, found: FoundLink, forgotten: str) -> tuple[list[Session], bool]:
    if not spend(found) or not store_password(user, over=forgotten):
        raise LinkInvalid
    reset_password_failures(user)
    return revoke_other_sessions(user, None), mark_verified(user)
