"""What people can do with keys of their own. No HTTP here."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from authkit.api_keys.keys import new_key
from authkit.api_keys.models import APIKey, APIKeyQuerySet
from authkit.api_keys.scopes import require_grantable
from authkit.conf import conf
from authkit.core import clock
from authkit.core.identity.users import AuthUser
from authkit.errors import APIKeyEnded, APIKeyRotated, QuotaExceeded
from authkit.events.flows import record

#: How long an old key can work beside its successor.
MAX_OVERLAP = timedelta(days=7)


#: How often a slot is chosen anew that somebody else has taken in between.
SLOT_TRIES = 50

#: What an owner can change, and the columns that it stands in.
COLUMNS = {
    "name": "name",
    "scopes": "scope",
    "expires_at": "expiry_date",
    "allowed_networks": "networks",
}


@dataclass(frozen=True, slots=True)
class NewKey:
    """A row, and its key for the only time."""

    api_key: APIKey
    key: str


def own_keys(user: AuthUser) -> APIKeyQuerySet:
    """Return the user's keys that have not been revoked, newest first."""
    keys: APIKeyQuerySet = APIKey.objects.of(user).unrevoked()
    return keys


def own_key(user: AuthUser, key_id: UUID) -> APIKey | None:
    return own_keys(user).filter(pk=key_id).first()


def create_key(
    user: AuthUser,
    *,
    name: str,
    scopes: Iterable[str] = (),
    expires_at: datetime | None = None,
    allowed_networks: Iterable[str] = (),
) -> NewKey:
    """Make a key for its owner, within the quota.

    :raises ScopeInvalid: a scope is unknown, or more than the owner has.
    :raises QuotaExceeded: the owner has as many keys as they may have.
    """
    wanted = list(scopes)
    require_grantable(user, wanted)
    api_key = APIKey(
        owner=user,
        name=name,
        scopes=wanted,
        expiry_date=expires_at,
        allowed_networks=allowed_networks,
        rate=conf.API_KEY_RATE or "",
    )
    key = _insert_within_quota(api_key)
    record("api_key_created", user=user.pk, api_key=api_key.pk, scopes=api_key.scopes)
    return NewKey(api_key, key)


def change_key(user: AuthUser, key_id: UUID, changes: Mapping[str, Any]) -> APIKey | None:
    """Change name, scopes, end or networks of a key; return None where they have none of that id.

    :raises ScopeInvalid: a scope is unknown, or more than the owner has.
    :raises APIKeyEnded: the key has expired, and does not come back.
    """
    api_key = own_key(user, key_id)
    if api_key is None:
        return None
    if "scopes" in changes:
        require_grantable(user, changes["scopes"])
    for name, value in changes.items():
        setattr(api_key, "expiry_date" if name == "expires_at" else name, value)
    columns = {COLUMNS[name]: getattr(api_key, COLUMNS[name]) for name in changes}
    # Whoever makes a key takes the slots of those that have expired, by a clock of their own.
    same = own_keys(user).live().filter(pk=key_id, slot=api_key.slot)
    if columns and not same.update(**columns):
        if own_key(user, key_id) is None:  # revoked in between
            return None
        raise APIKeyEnded
    record("api_key_changed", user=user.pk, api_key=key_id, changed=sorted(changes))
    return api_key


def revoke_key(user: AuthUser, key_id: UUID) -> bool:
    """End a key for good; return False where they have none of that id."""
    if not own_keys(user).filter(pk=key_id).revoke():
        return False
    record("api_key_revoked", user=user.pk, api_key=key_id)
    return True


def rotate_key(user: AuthUser, key_id: UUID, overlap: timedelta) -> NewKey | None:
    """Replace the secret of a key; return None where they have none of that id.

    :raises APIKeyEnded: the key has expired.
    :raises APIKeyRotated: somebody else has just done it.
    """
    api_key = own_key(user, key_id)
    return api_key and rotate(api_key, overlap)


def rotate(api_key: APIKey, overlap: timedelta = timedelta(0), *, actor: Any = None) -> NewKey:
    """Replace the secret of a key, whosever it is. The old one works for ``overlap`` more.

    At most two secrets work at a time: a second rotation within the overlap of the first
    ends the oldest. Id, prefix, scopes, networks and what is counted stay as they are.

    :param actor: the primary key of the administrator who does it, if one does.
    :raises APIKeyEnded: the key has expired, or been revoked.
    :raises APIKeyRotated: somebody else has just rotated it.
    """
    key = new_key(conf.API_KEY_BRAND, api_key.prefix)
    changes: dict[str, Any] = {
        "hashed_key": APIKey.objects.key_generator.hash(key),
        "retiring_hash": api_key.hashed_key if overlap else "",
        "retiring_until": clock.now() + overlap if overlap else None,
    }
    live = APIKey.objects.live().filter(pk=api_key.pk)
    if not live.filter(hashed_key=api_key.hashed_key).update(**changes):
        raise APIKeyRotated if live.exists() else APIKeyEnded
    for name, value in changes.items():
        setattr(api_key, name, value)
    record("api_key_rotated", user=api_key.owner_id, api_key=api_key.pk, actor=actor)
    return NewKey(api_key, key)


def _insert_within_quota(api_key: APIKey) -> str:
    """Write a key into one of its owner's free slots, whoever else is doing the same.

    The slots are unique, so there are never more keys than slots, and a row that is deleted
    by any road frees its own.
    """
    for tries_left in reversed(range(SLOT_TRIES)):
        api_key.slot = _free_slot(api_key.owner)
        try:
            key: str = APIKey.objects.insert(api_key)
        except IntegrityError:
            if not tries_left:
                raise
        else:
            break
    return key


def _free_slot(owner: Any) -> int:
    keys = APIKey.objects.of(owner)
    keys.ended().exclude(slot=None).update(slot=None)
    taken = set(keys.exclude(slot=None).values_list("slot", flat=True))
    # Slots beyond the quota were taken under a larger one, and count.
    left = max(0, conf.API_KEY_QUOTA - len(taken))
    free = sorted(set(range(conf.API_KEY_QUOTA)) - taken)[:left]
    if not free:
        raise QuotaExceeded
    return random.choice(free)  # noqa: S311 - so that callers at once rarely collide
