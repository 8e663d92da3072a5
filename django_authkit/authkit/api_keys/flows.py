"""What users can do with their own API keys. No HTTP here.

A key outlives the session that made it. So a key is created, changed and rotated in a transaction
that looks at the session again (:func:`lock_owner`, which raises SessionEnded): what an owner ends
also ends requests under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import ValidationError

from authkit.api_keys.keys import new_key
from authkit.api_keys.models import APIKey, APIKeyQuerySet
from authkit.api_keys.owners import has_owner_row
from authkit.api_keys.scopes import require_grantable
from authkit.api_keys.validation import check_columns
from authkit.conf import conf
from authkit.core import clock
from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity.users import AuthUser
from authkit.errors import APIKeyEnded, APIKeyRotated, QuotaExceeded
from authkit.events.flows import record
from authkit.passwords.owner_lock import lock_owner
from authkit.sessions.models import Session

#: How long an old key can work beside its successor.
MAX_OVERLAP = timedelta(days=7)

#: The members that an owner can change, and their columns.
COLUMNS = {
    "name": "name",
    "scopes": "scope",
    "expires_at": "expiry_date",
    "allowed_networks": "networks",
}


@dataclass(frozen=True, slots=True)
class NewKey:
    """A row, and its key, which is shown once and not stored."""

    api_key: APIKey
    key: str = field(repr=False)


def own_keys(user: AuthUser) -> APIKeyQuerySet:
    """Return the user's keys that have not been revoked, newest first."""
    keys: APIKeyQuerySet = APIKey.objects.of(user).unrevoked()
    return keys


def own_key(user: AuthUser, key_id: UUID) -> APIKey | None:
    return own_keys(user).filter(pk=key_id).first()


def create_key(
    user: AuthUser,
    session: Session,
    *,
    name: str,
    scopes: Iterable[str] = (),
    expires_at: datetime | None = None,
    allowed_networks: Iterable[str] = (),
) -> NewKey:
    """Create a key of a user, within the quota.

    :raises ScopeInvalid: a scope is unknown, or the owner does not have it.
    :raises QuotaExceeded: the owner has as many keys as the quota allows.
    """
    granted = list(scopes)
    require_grantable(user, granted)
    api_key = APIKey(
        owner=user,
        name=name,
        scopes=granted,
        expiry_date=expires_at,
        allowed_networks=allowed_networks,
        rate=conf.API_KEY_RATE or "",
    )
    _check(api_key.check_new)
    insert = partial(_insert_within_quota, user, session, api_key)
    return NewKey(api_key, atomic_with_retry(insert, type(user)))


def change_key(
    user: AuthUser, session: Session, key_id: UUID, changes: Mapping[str, Any]
) -> APIKey | None:
    """Change name, scopes, expiry or networks of a key; return None if the user has no such key.

    :raises ScopeInvalid: a scope is unknown, or the owner does not have it.
    :raises APIKeyEnded: the key has expired, and no change restores it.
    """
    api_key = own_key(user, key_id)
    if api_key is None:
        return None
    if "scopes" in changes:
        require_grantable(user, changes["scopes"])
    for name, value in changes.items():
        setattr(api_key, "expiry_date" if name == "expires_at" else name, value)
    columns = {COLUMNS[name]: getattr(api_key, COLUMNS[name]) for name in changes}
    _check(partial(check_columns, api_key, columns))
    store = partial(_store_changes, user, session, api_key, columns, sorted(changes))
    if not atomic_with_retry(store, type(user)):
        if own_key(user, key_id) is None:  # revoked in between
            return None
        raise APIKeyEnded
    return api_key


def revoke_key(user: AuthUser, key_id: UUID) -> bool:
    """Revoke a key for good; return False if the user has no such key."""

    def revoke() -> bool:
        if not own_keys(user).filter(pk=key_id).revoke():
            return False
        record("api_key_revoked", user=user.pk, api_key=key_id)
        return True

    return atomic_with_retry(revoke, APIKey)


def rotate_key(user: AuthUser, session: Session, key_id: UUID, overlap: timedelta) -> NewKey | None:
    """Replace the secret of a key; return None if the user has no such key.

    :raises APIKeyEnded: the key has expired.
    :raises APIKeyRotated: another request has just rotated it.
    """
    api_key = own_key(user, key_id)
    if api_key is None:
        return None
    replace = partial(_replace_own_secret, user, session, api_key, overlap)
    return atomic_with_retry(replace, type(user))


def rotate(api_key: APIKey, overlap: timedelta = timedelta(0), *, actor: Any = None) -> NewKey:
    """Replace the secret of any user's key. The old one works for ``overlap`` longer.

    At most two secrets work at a time: a second rotation within the overlap of the first
    ends the oldest. Id, prefix, scopes, networks and counts stay as they are.

    :param actor: the primary key of the administrator who rotates it, if one does.
    :raises APIKeyEnded: the key has expired, or been revoked, or its owner is missing.
    :raises APIKeyRotated: another request has just rotated it (compare-and-set).
    """
    return _replace_secret(api_key, overlap, actor)


def _replace_own_secret(
    user: AuthUser, session: Session, api_key: APIKey, overlap: timedelta
) -> NewKey:
    lock_owner(user, session)
    return _replace_secret(api_key, overlap)


def _replace_secret(api_key: APIKey, overlap: timedelta, actor: Any = None) -> NewKey:
    if not has_owner_row(api_key):
        raise APIKeyEnded
    key = new_key(conf.API_KEY_BRAND, api_key.prefix)
    changes: dict[str, Any] = {
        "hashed_key": APIKey.objects.key_generator.hash(key),
        "retiring_hash": api_key.hashed_key if overlap else "",
        "retiring_until": clock.now() + overlap if overlap else None,
    }
    if not atomic_with_retry(partial(_replace_hash, api_key, changes, actor), APIKey):
        is_live = APIKey.objects.live().filter(pk=api_key.pk).exists()
        raise APIKeyRotated if is_live else APIKeyEnded
    for name, value in changes.items():
        setattr(api_key, name, value)
    return NewKey(api_key, key)


def _replace_hash(api_key: APIKey, changes: Mapping[str, Any], actor: Any) -> bool:
    same = APIKey.objects.live().filter(pk=api_key.pk, hashed_key=api_key.hashed_key)
    if not same.update(**changes):
        return False
    record("api_key_rotated", user=api_key.owner_id, api_key=api_key.pk, actor=actor)
    return True


def _check(check: Callable[[], None]) -> None:
    try:
        check()
    except DjangoValidationError as error:
        raise ValidationError(error.message_dict) from None


def _store_changes(
    user: AuthUser,
    session: Session,
    api_key: APIKey,
    columns: Mapping[str, Any],
    changed: list[str],
) -> bool:
    lock_owner(user, session)
    # Compare-and-set: another request may have given the slot of an expired key to a new one.
    same = own_keys(user).live().filter(pk=api_key.pk, slot=api_key.slot)
    if columns and not same.update(**columns):
        return False
    record("api_key_changed", user=user.pk, api_key=api_key.pk, changed=changed)
    return True


def _insert_within_quota(user: AuthUser, session: Session, api_key: APIKey) -> str:
    """Insert a row into a free slot of its owner, and return its key.

    The lock leaves no race for a slot. Slots are unique, and a deleted row frees its slot.
    """
    lock_owner(user, session)
    api_key.slot = _free_slot(user)
    key: str = APIKey.objects.insert(api_key)
    record("api_key_created", user=user.pk, api_key=api_key.pk, scopes=api_key.scopes)
    return key


def _free_slot(owner: AuthUser) -> int:
    keys = APIKey.objects.of(owner)
    keys.ended().exclude(slot=None).update(slot=None)
    taken = set(keys.exclude(slot=None).values_list("slot", flat=True))
    # Slots beyond the quota were taken when it was larger, and count.
    if len(taken) >= conf.API_KEY_QUOTA:
        raise QuotaExceeded
    return min(set(range(conf.API_KEY_QUOTA)) - taken)
