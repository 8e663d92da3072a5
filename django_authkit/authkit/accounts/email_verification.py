"""Proving the address of an account that was made without: by the link, or by a new password.

Anybody can have registered it. So the link alone proves the address and not who is asking: the
password has to come with it. Whoever does not know that resets it, which ends the sessions that
there are. There is no more to take away: without the proof nobody adds API keys or a second
factor (:class:`authkit.sessions.permissions.MayAddCredentials`).
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from authkit.accounts.availability import link
from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity import one_time_links as mailed_tokens
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import FoundLink
from authkit.core.identity.unverified_email import mark_verified
from authkit.core.identity.users import AuthUser, email_of, username_of
from authkit.core.limits.rates import Rate
from authkit.core.limits.requests import count_request
from authkit.core.mail.mailer import Mail
from authkit.errors import AttemptsExceeded, InvalidCredentials, LinkInvalid
from authkit.events.flows import record

#: How long a link is good.
LIFETIME = timedelta(hours=24)

#: How many passwords may be tried with one link.
TRIES = Rate(10, timedelta(hours=1))


def ask_for_proof(user: AuthUser | None) -> list[Mail]:
    """Return the mail with a link for somebody; for nobody none, at the same cost."""
    recipients = [] if user is None else [(user, email_of(user))]
    tokens = mailed_tokens.issue(Purpose.EMAIL_VERIFICATION, recipients, LIFETIME)
    return [
        Mail("email_verification", to, {"username": username_of(owner), "link": link(token)})
        for token, (owner, to) in zip(tokens, recipients, strict=True)
    ]


def verify_address(found: FoundLink, password: str | None) -> None:
    """Note that the address of an account is that of whoever knows its password.

    :raises ValidationError: the password is missing.
    :raises InvalidCredentials: it is wrong; the link stays good.
    :raises AttemptsExceeded: too many were tried.
    :raises LinkInvalid: the same link has just been used.
    """
    require_right_password(f"verification {found.id}", password, [found.user.password])
    atomic_with_retry(partial(_verify, found), get_user_model())
    record("email_verified", user=found.user.pk)


def require_right_password(link_id: str, password: str | None, hashes: list[str]) -> int:
    """Return the index of the hash that a password has, of those that a link can complete.

    :param link_id: what the tries are counted for.
    :raises ValidationError: the password is missing.
    :raises InvalidCredentials: it has none of them.
    :raises AttemptsExceeded: too many were tried.
    """
    if password is None:
        raise ValidationError({"password": [_("This field is required.")]}, code="required")
    wait = count_request("registration", link_id, TRIES)
    if wait:
        raise AttemptsExceeded(wait)
    for index, encoded in enumerate(hashes):
        if check_password(password, encoded):
            return index
    raise InvalidCredentials


def _verify(found: FoundLink) -> None:
    if not mailed_tokens.spend(found) or not mark_verified(found.user):
        raise LinkInvalid
