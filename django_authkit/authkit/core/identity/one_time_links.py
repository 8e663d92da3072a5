"""One-time links: mailed tokens of 256 bits from the CSPRNG, of which the row stores a digest.

A token belongs to one purpose and one account. A newer one, its expiry, and a change of the
account's password or e-mail invalidate it.
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

#: The longest token that is read, in characters; authkit's have 43.
MAX_TOKEN_LENGTH = 64

#: The recipient where there is no account: its row prevents user enumeration by timing.
DECOY: Sequence[tuple[AuthUser | None, str]] = [(None, "")]

#: Survive changes of password and e-mail: they undo an account takeover. Several may be valid at
#: a time, since each was sent to a former e-mail of the owner.
_UNBOUND = {Purpose.EMAIL_CHANGE_UNDO}


class FoundLink(NamedTuple):
    """A valid one-time link, its user, and the e-mail that it was sent to."""

    id: int
    user: AuthUser
    email: str


def issue(
    purpose: Purpose, recipients: Sequence[tuple[AuthUser, str]], lifetime: timedelta
) -> list[str]:
    """Make a token for each recipient, a user and an e-mail; return the tokens in their order.

    Earlier tokens of this purpose and user become invalid. Without recipients, equal work (two
    statements, and a row that no token opens) prevents user enumeration by timing.
    """
    now = clock.now()
    issued = [(secrets.token_urlsafe(TOKEN_BYTES), user, to) for user, to in recipients or DECOY]
    rows = [
        OneTimeLink(
            purpose=purpose,
            user=user,
            digest=_digest(token),
            fingerprint=_fingerprint(purpose, user),
            address=email,
            created_at=now,
            expires_at=now + lifetime,
        )
        for token, user, email in issued
    ]
    _outdated(purpose, [user for user, _ in recipients]).delete()
    retry_on_conflict(partial(OneTimeLink.objects.bulk_create, rows), OneTimeLink)
    return [token for token, user, _ in issued if user is not None]


def find(purpose: Purpose, token: str) -> FoundLink | None:
    """Return the link of a valid token, which :func:`spend` has to spend; None without one."""
    valid = OneTimeLink.objects.filter(
        purpose=purpose, digest=_digest(token), expires_at__gt=clock.now()
    )
    row = valid.select_related("user").first()
    if row is None or row.user is None:
        return None
    if not constant_time_compare(row.fingerprint, _fingerprint(purpose, row.user)):
        return None
    return FoundLink(row.pk, row.user, row.address)


def spend(found: FoundLink) -> bool:
    """Spend a link; return False on replay, and to all but one of concurrent callers."""
    return bool(OneTimeLink.objects.filter(pk=found.id).delete()[0])


def forget(user: AuthUser, *purposes: Purpose) -> None:
    """Invalidate the tokens of a user for these purposes."""
    OneTimeLink.objects.filter(user=user, purpose__in=purposes).delete()


def _outdated(purpose: Purpose, users: Sequence[AuthUser]) -> models.QuerySet[OneTimeLink]:
    sent = OneTimeLink.objects.filter(purpose=purpose)
    if purpose in _UNBOUND:
        return sent.filter(expires_at__lte=clock.now())
    return sent.filter(user__in=users) if users else sent.filter(user=None)


def _fingerprint(purpose: Purpose, user: AuthUser | None) -> str:
    """Return a digest that changes with password and e-mail, and reveals neither."""
    if user is None or purpose in _UNBOUND:
        return ""
    # Django's session hash is keyed with SECRET_KEY.
    value = f"{user.get_session_auth_hash()}\0{email_of(user)}"
    return hashlib.sha256(value.encode()).hexdigest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
