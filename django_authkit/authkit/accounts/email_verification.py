"""Verification of the e-mail address of an account that was created without it.

It prevents account pre-hijacking: an attacker can register the e-mail address of a victim, so the
link comes back with a password. That of the account verifies the address. Any other becomes that of
the account, as with a reset link: the reader of the mailbox chooses it, and all sessions end. An
unverified account holds no other credentials: it
cannot add an API key or a factor
(:class:`authkit.sessions.access.permissions.MayAddCredentials`).
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
from authkit.core.identity import one_time_links
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import FoundLink
from authkit.core.identity.unverified_email import mark_verified
from authkit.core.identity.users import AuthUser, email_of, username_of
from authkit.core.limits.rates import Rate
from authkit.core.limits.requests import count_request
from authkit.core.mail.mailer import Mail
from authkit.errors import AttemptsExceeded, InvalidCredentials, LinkInvalid
from authkit.events.flows import record
from authkit.passwords.checking.hashing import hashing_place
from authkit.passwords.reset import choose_password
from authkit.passwords.stored import lock_user

#: How long a link is valid.
LIFETIME = timedelta(hours=24)

#: Rate limit against brute force: passwords for one link.
TRIES = Rate(10, timedelta(hours=1))


def issue_verification(user: AuthUser | None) -> list[Mail]:
    """Return the mail with a link; none without a user, after equal work (user enumeration)."""
    recipients = [] if user is None else [(user, email_of(user))]
    purpose = Purpose.EMAIL_VERIFICATION
    tokens = one_time_links.issue(purpose, recipients, LIFETIME)
    return [
        Mail(
            "email_verification",
            to,
            {"username": username_of(owner), "link": link(token, purpose)},
            owner,
        )
        for token, (owner, to) in zip(tokens, recipients, strict=True)
    ]


def verify_email(found: FoundLink, password: str | None) -> None:
    """Mark the e-mail address of an account as verified; set the password if it is another one.

    :raises ValidationError: the password is missing, or new and not accepted by the validators.
    :raises AttemptsExceeded: too many passwords were compared.
    :raises LinkInvalid: a concurrent request has used the link, or verified the address.
    """
    try:
        match_password(f"verification {found.id}", password, [found.user.password])
    except InvalidCredentials:
        choose_password(found, password or "", member="password", only_unverified=True)
        return
    atomic_with_retry(partial(_verify, found), get_user_model())


def match_password(link_id: str, password: str | None, hashes: list[str]) -> int:
    """Return the index of the hash in ``hashes`` that the password matches.

    :param link_id: identifies the link, which has a rate limit of :data:`TRIES`.
    :raises ValidationError: the password is missing.
    :raises InvalidCredentials: the password matches none of the hashes.
    :raises AttemptsExceeded: the rate limit is exceeded.
    """
    if password is None:
        raise ValidationError({"password": [_("This field is required.")]}, code="required")
    with hashing_place():  # first: a try that is not made does not count
        wait = count_request("registration", link_id, TRIES)
        if wait:
            raise AttemptsExceeded(wait)
        for index, encoded in enumerate(hashes):
            if check_password(password, encoded):
                return index
    raise InvalidCredentials


def spend_locked(found: FoundLink) -> FoundLink:
    """Lock the account of a link, spend the link, and return it as it is now.

    Requires a transaction. Race: what has changed since the link was found is seen.

    :raises LinkInvalid: it has been spent, or the account has changed.
    """
    lock_user(found.user)
    spent = one_time_links.spend(found)
    if spent is None or not spent.user.is_active:
        raise LinkInvalid
    return spent


def _verify(found: FoundLink) -> None:
    if not mark_verified(spend_locked(found).user):
        raise LinkInvalid
    record("email_verified", user=found.user.pk)
