"""Password reset by a one-time link; it never bypasses the second factor (ASVS 5.0, 6.4.3)."""

from __future__ import annotations

from collections.abc import Callable
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
from authkit.core.identity.one_time_links import (
    FoundLink,
    find,
    follow_new_password,
    issue,
    spend,
)
from authkit.core.identity.unverified_email import mark_verified
from authkit.core.identity.users import AuthUser, canonical, email_of, spelt_like, username_of
from authkit.core.limits.rates import Rate
from authkit.core.limits.requests import count_client, count_request
from authkit.core.mail.mailer import Mail, send_all, tell_owner
from authkit.errors import LinkInvalid
from authkit.events.flows import record
from authkit.passwords.checking.attempts import reset_password_failures
from authkit.passwords.checking.hashing import hashing_place
from authkit.passwords.policy import require_acceptable
from authkit.passwords.stored import lock_user, store_password
from authkit.sessions.ending.revoke import revoke_other_sessions, tell_ended
from authkit.sessions.models import Session
from authkit.signals import password_reset

#: Rate limit: mails to one e-mail address in the lifetime of a link. So where no more are sent, the
#: last link that was mailed is still valid, and strangers keep no owner from resetting.
MAILS = 3

#: Rate limit: requests from one network.
PER_NETWORK = Rate(60, timedelta(hours=1))

#: How many accounts that may share an e-mail address are compared.
MAX_ACCOUNTS = 50


def request_reset(email: str, client: Client) -> None:
    """Mail a link to the owner of every account with this e-mail address; return nothing.

    Equal work for unknown e-mail addresses prevents user enumeration by timing (ASVS 5.0, 6.3.8):
    the same counts, the same statements, and a possibly empty batch of mails. Beyond the rate
    limits nothing is sent.
    """
    if _exceeds_rate_limit(email, client):
        note("password_reset_limited", client=client)
        return
    if conf.PASSWORD_RESET_URL is None:
        note("password_reset_unconfigured")
        return
    users = _users_with(email)
    lifetime = conf.PASSWORD_RESET_LIFETIME
    tokens = issue(Purpose.PASSWORD_RESET, [(user, email_of(user)) for user in users], lifetime)
    owners: list[Any] = [user.pk for user in users]
    for owner in owners or [None]:
        record("password_reset_requested", user=owner)
    send_all([_mail(user, token) for user, token in zip(users, tokens, strict=True)])


def confirm_reset(uid: str, token: str, new: str) -> None:
    """Set the password of the user who was sent the token; end all sessions (ASVS 5.0, 7.4.3).

    It neither logs in nor changes the second factor. It verifies the e-mail address: an attacker
    who registered the account with it (account pre-hijacking) loses the sessions and the password,
    the only credentials there (:class:`authkit.sessions.access.permissions.MayAddCredentials`).

    :raises LinkInvalid: the token is unknown, expired, used (replay), or older than the password.
        Of concurrent requests one succeeds.
    :raises ValidationError: the project's validators refuse ``new``; the token stays valid.
    """
    found = find(Purpose.PASSWORD_RESET, token)
    if found is None or uid_of(found.user) != uid or not may_reset(found.user):
        record("password_reset_failed")
        raise LinkInvalid
    choose_password(found, new)


def may_reset(user: AuthUser) -> bool:
    """Say whether this account is active and has a local password (not LDAP or the like)."""
    return user.is_active and user.has_usable_password()


def choose_password(
    found: FoundLink,
    new: str,
    *,
    member: str = "new_password",
    only_unverified: bool = False,
    is_valid: Callable[[FoundLink], bool] = lambda spent: may_reset(spent.user),
) -> None:
    """Set the password of the account of a link; end all sessions, and verify the e-mail address.

    :param member: names the password in errors.
    :param only_unverified: the link is for an account whose e-mail address is not verified.
    :param is_valid: says whether the link is, as it was spent. The account is locked then.
    :raises LinkInvalid: the link has been used, the account has changed, or is verified.
    :raises ValidationError: the project's validators refuse ``new``; the link stays valid.
    """
    user = found.user
    replaced = user.password
    require_acceptable(new, user, member=member)
    with hashing_place():
        user.set_password(new)
    store = partial(_store, user, found, replaced, only_unverified, is_valid)
    ended = atomic_with_retry(store, type(user))
    tell_ended(ended)
    password_reset.send_robust(sender=type(user), user=user)
    tell_owner(user, "password_changed")


def uid_of(user: AuthUser) -> str:
    """Return the ``uid`` of a user in a link: the primary key in base64, as Django's."""
    return urlsafe_base64_encode(force_bytes(user.pk))


def _exceeds_rate_limit(email: str, client: Client) -> bool:
    # The network first: a client beyond its limit must not exhaust that of a victim's e-mail.
    if count_client("password_reset_from", client, PER_NETWORK):
        return True
    return bool(count_request("password_reset_to", canonical(email), _per_email()))


def _per_email() -> Rate:
    return Rate(MAILS, conf.PASSWORD_RESET_LIFETIME)


def _users_with(email: str) -> list[AuthUser]:
    """Return the users with this e-mail address, in any spelling, who may reset a password."""
    model = get_user_model()
    column = model.get_email_field_name()
    if column not in {field.name for field in model._meta.get_fields()}:
        return []
    # The primary: a replica may still have an e-mail address that the user has changed.
    users: Any = model._default_manager.using(router.db_for_write(model))
    similar = users.filter(spelt_like(column, email)).order_by("pk")
    typed = canonical(email)
    # Account takeover: the database may match another user's e-mail address (CVE-2019-19844).
    return [
        user
        for user in similar[:MAX_ACCOUNTS]
        if canonical(email_of(user)) == typed and may_reset(user)
    ]


def _mail(user: AuthUser, token: str) -> Mail:
    context = {
        "username": username_of(user),
        "link": _link(user, token),
        "minutes": int(conf.PASSWORD_RESET_LIFETIME.total_seconds() // 60),
    }
    return Mail("password_reset", email_of(user), context, user)


def _link(user: AuthUser, token: str) -> str:
    template = conf.PASSWORD_RESET_URL or ""
    return template.replace("{uid}", uid_of(user)).replace("{token}", token)


def _store(
    user: AuthUser,
    found: FoundLink,
    replaced: str,
    only_unverified: bool,
    is_valid: Callable[[FoundLink], bool],
) -> list[Session]:
    lock_user(user)
    spent = spend(found)
    if spent is None or not is_valid(spent) or not store_password(user, over=replaced):
        raise LinkInvalid
    is_newly_verified = mark_verified(user)
    if only_unverified and not is_newly_verified:
        raise LinkInvalid
    follow_new_password(user, replaced)
    reset_password_failures(user)
    ended = revoke_other_sessions(user, None)
    record("password_reset", user=user.pk)
    if is_newly_verified:
        record("email_verified", user=user.pk)
    return ended
