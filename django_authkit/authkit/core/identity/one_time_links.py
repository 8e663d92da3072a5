"""One-time links: mailed tokens of 256 bits from the CSPRNG, of which the row stores a digest.

A token belongs to one purpose and one account. Its expiry, and a change of the account's password
or e-mail, invalidate it; for a change of e-mail a newer one does, too. A link that undoes a change
of e-mail survives what the account's own flows change (:func:`follow_change`), since an attacker
could change it as well, and not what an administrator, or other code of the project, changes.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from copy import copy
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models
from django.db.models import Q

from authkit.core import clock
from authkit.core.db.retry import retry_on_conflict
from authkit.core.identity.models import OneTimeLink, Purpose
from authkit.core.identity.users import AuthUser, email_of, read_email_again, visible_users

TOKEN_BYTES = 32

#: The longest token that is read, in characters; authkit's have 43.
MAX_TOKEN_LENGTH = 64

#: The recipient where there is no account: its row prevents user enumeration by timing.
DECOY: Sequence[tuple[AuthUser | None, str]] = [(None, "")]

#: Several of these may be valid at a time: each was mailed, and any of them does. Where mails are
#: limited, the last ones stay alive.
_SEVERAL = set(Purpose) - {Purpose.EMAIL_CHANGE_CONFIRMATION, Purpose.EMAIL_CHANGE}


class FoundLink(NamedTuple):
    """A valid one-time link: its user, the e-mail that it is for, and what asked for it."""

    id: int
    user: AuthUser
    email: str
    session_id: UUID | None
    factors_version: str


def issue(
    purpose: Purpose,
    recipients: Sequence[tuple[AuthUser, str]],
    lifetime: timedelta,
    *,
    session_id: UUID | None = None,
    factors_version: str = "",
) -> list[str]:
    """Make a token for each recipient, a user and an e-mail; return the tokens in their order.

    Earlier tokens of this purpose and user become invalid, unless several may be valid. Without
    recipients, equal work (two statements, and a row that no token opens) prevents user
    enumeration by timing.

    :param session_id: the session that asked for it, and ``factors_version`` its user's second
        factors at that time: for callers that look at them again when the link is opened.
    """
    now = clock.now()
    issued = [(secrets.token_urlsafe(TOKEN_BYTES), user, to) for user, to in recipients or DECOY]
    rows = [
        OneTimeLink(
            purpose=purpose,
            user=user,
            digest=_digest(token),
            fingerprint="" if user is None else next(_fingerprints(user)),
            address=email,
            session_id=session_id,
            factors_version=factors_version,
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
    return _found(purpose=purpose, digest=_digest(token))


def spend(found: FoundLink) -> FoundLink | None:
    """Spend a link; return it with its user read again, if it is still valid.

    Returns None on replay, and to all but one of concurrent callers. The caller has locked the
    user's row, so that the account does not change from then on.
    """
    again = _found(pk=found.id)
    spent = OneTimeLink.objects.filter(pk=found.id).delete()[0]
    return again if spent else None


def is_outstanding(purpose: Purpose, user: AuthUser) -> bool:
    """Say whether a valid link for this purpose has been mailed for the account."""
    mine = OneTimeLink.objects.filter(purpose=purpose, user=user, expires_at__gt=clock.now())
    return mine.filter(fingerprint__in=list(_fingerprints(user))).exists()


def follow_change(before: AuthUser, after: AuthUser) -> None:
    """Keep the links that undo a change of e-mail, when the account's own flows change it.

    Called in the transaction that changes the password or e-mail of the account, which is locked.
    Deletes what another change has invalidated, so that nothing makes it valid again.
    """
    mine = OneTimeLink.objects.filter(user=after, purpose=Purpose.EMAIL_CHANGE_UNDO)
    valid = list(_fingerprints(before))
    mine.exclude(fingerprint__in=valid).delete()
    mine.update(fingerprint=next(_fingerprints(after)))


def follow_new_password(user: AuthUser, replaced: str) -> None:
    """Do what :func:`follow_change` does, for a password that replaces this hash.

    Race: a concurrent request may have changed the e-mail since ``user`` was read.
    """
    after = copy(user)
    read_email_again(after)
    before = copy(after)
    before.password = replaced
    follow_change(before, after)


def forget(user: AuthUser, *purposes: Purpose) -> None:
    """Invalidate the tokens of a user for these purposes."""
    OneTimeLink.objects.filter(user=user, purpose__in=purposes).delete()


def _found(**which: Any) -> FoundLink | None:
    valid = OneTimeLink.objects.filter(expires_at__gt=clock.now(), user__in=visible_users())
    row = valid.filter(**which).select_related("user").first()
    if row is None or row.user is None or row.fingerprint not in _fingerprints(row.user):
        return None
    if clock.is_ahead(row.created_at):  # it would be valid for longer than its lifetime
        return None
    return FoundLink(row.pk, row.user, row.address, row.session_id, row.factors_version)


def _outdated(purpose: Purpose, users: Sequence[AuthUser]) -> models.QuerySet[OneTimeLink]:
    sent = OneTimeLink.objects.filter(purpose=purpose)
    if purpose in _SEVERAL:
        # And the rows that were sent to none: they are there for equal work alone.
        return sent.filter(Q(expires_at__lte=clock.now()) | Q(user=None))
    return sent.filter(user__in=users) if users else sent.filter(user=None)


def _fingerprints(user: AuthUser) -> Iterator[str]:
    """Yield digests that change with password and e-mail, and reveal neither.

    The first is made with SECRET_KEY, which keys Django's session hash; the others with
    SECRET_KEY_FALLBACKS.
    """
    for key in (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()):
        yield hashlib.sha256(f"{key}\0{email_of(user)}".encode()).hexdigest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
