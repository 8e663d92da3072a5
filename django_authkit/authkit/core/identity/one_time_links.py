"""Tokens for one use that travel by mail: 256 random bits, of which the row keeps a digest.

A token belongs to one purpose and one account, and dies with a newer one, with its time, and
with a change of the account's password or e-mail address since.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from django.db import models
from django.utils.crypto import constant_time_compare

from authkit.core import clock
from authkit.core.db.retry import retry_on_conflict
from authkit.core.identity.models import OneTimeLink, Purpose
from authkit.core.identity.users import AuthUser, email_of

TOKEN_BYTES = 32


#: The longest token that is looked at; ours have 43 characters.
MAX_TOKEN_LENGTH = 64


#: Who is sent a token where there is nobody to send it to.
NOBODY: Sequence[tuple[AuthUser | None, str]] = [(None, "")]


#: Outlive changes of password and address: they are the owner's way back from those. Several
#: may be good at a time, since each goes to an address that was the owner's once.
_UNBOUND = {Purpose.EMAIL_CHANGE_UNDO}


class FoundToken(NamedTuple):
    """A token that is good: whose it is, and where it was sent."""

    id: int
    user: AuthUser
    address: str


def issue(
    purpose: Purpose, recipients: Sequence[tuple[AuthUser, str]], lifetime: timedelta
) -> list[str]:
    """Make a token for each user and the address that it is sent to; return them in order.

    Earlier ones of this purpose and user die. For nobody at all a row is written that no
    token opens, so that it costs two statements whoever there is.
    """
    now = clock.now()
    issued = [(secrets.token_urlsafe(TOKEN_BYTES), user, to) for user, to in recipients or NOBODY]
    rows = [
        OneTimeLink(
            purpose=purpose,
            user=user,
            digest=_digest(token),
            fingerprint=_fingerprint(purpose, user),
            address=address,
            created_at=now,
            expires_at=now + lifetime,
        )
        for token, user, address in issued
    ]
    _outdated(purpose, [user for user, _ in recipients]).delete()
    retry_on_conflict(partial(OneTimeLink.objects.bulk_create, rows), OneTimeLink)
    return [token for token, user, _ in issued if user is not None]


def find(purpose: Purpose, token: str) -> FoundToken | None:
    """Return a token that is good now; it is not spent by this."""
    good = OneTimeLink.objects.filter(
        purpose=purpose, digest=_digest(token), expires_at__gt=clock.now()
    )
    row = good.select_related("user").first()
    if row is None or row.user is None:
        return None
    if not constant_time_compare(row.fingerprint, _fingerprint(purpose, row.user)):
        return None
    return FoundToken(row.pk, row.user, row.address)


def spend(found: FoundToken) -> bool:
    """Use a token up; return False to all but one of those who do it at once."""
    return bool(OneTimeLink.objects.filter(pk=found.id).delete()[0])


def forget(user: AuthUser, *purposes: Purpose) -> None:
    """Let the tokens of a user die that were sent for these purposes."""
    OneTimeLink.objects.filter(user=user, purpose__in=purposes).delete()


def _outdated(purpose: Purpose, users: Sequence[AuthUser]) -> models.QuerySet[OneTimeLink]:
    sent = OneTimeLink.objects.filter(purpose=purpose)
    if purpose in _UNBOUND:
        return sent.filter(expires_at__lte=clock.now())
    return sent.filter(user__in=users) if users else sent.filter(user=None)


def _fingerprint(purpose: Purpose, user: AuthUser | None) -> str:
    """Return what changes with the password and the address, and tells nothing of either."""
    if user is None or purpose in _UNBOUND:
        return ""
    # Django's session hash is keyed with SECRET_KEY.
    value = f"{user.get_session_auth_hash()}\0{email_of(user)}"
    return hashlib.sha256(value.encode()).hexdigest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
