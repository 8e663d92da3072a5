"""Which user a key acts for. The column decides, and not whether its row is found."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from authkit.errors import APIKeyInvalid


def owner_of(api_key: Any, field: str = "owner") -> Any:
    """Return the user that a key acts for; None for a service key.

    Fails closed: a key that names an owner whose row is missing (deleted without the constraint,
    or not found) is no service key.

    :param field: the foreign key to the user.
    :raises APIKeyInvalid: the key names an owner, and there is no such user.
    """
    if getattr(api_key, f"{field}_id") is None:  # the column of a foreign key
        return None
    try:
        owner = getattr(api_key, field)
    except ObjectDoesNotExist:
        owner = None
    if owner is None:
        raise APIKeyInvalid
    return owner


def has_owner_row(api_key: Any) -> bool:
    """Say whether the user that a key names is there; True for a service key."""
    try:
        owner_of(api_key)
    except APIKeyInvalid:
        return False
    return True


def has_usable_owner(api_key: Any) -> bool:
    """Say whether the owner of a key is there and active; True for a service key."""
    try:
        owner = owner_of(api_key)
    except APIKeyInvalid:
        return False
    return owner is None or bool(owner.is_active)
