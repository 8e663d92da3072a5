"""Imports keys of djangorestframework-api-key, whose secrets keep working."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import IntegrityError

from authkit.api_keys.keys import is_prefix
from authkit.api_keys.models import APIKey, ImportedKey
from authkit.api_keys.owners import owner_of
from authkit.core import clock
from authkit.core.db.retry import atomic_with_retry
from authkit.errors import APIKeyInvalid


@dataclass(frozen=True, slots=True)
class Imported:
    """The result for one key; ``reason`` says why it was not imported, or is empty."""

    prefix: str
    reason: str


def import_key(old: Any, owner_field: str | None) -> Imported:
    """Copy one row, so that authkit accepts its key too. The old row does not change."""
    try:
        owner = owner_of(old, owner_field) if owner_field else None
    except APIKeyInvalid:
        return Imported(old.prefix, "its owner is missing")
    return Imported(old.prefix, _obstacle(old) or _copy(old, owner))


def _obstacle(old: Any) -> str:
    if old.revoked:
        return "it is revoked"
    if not is_prefix(old.prefix):
        return "its prefix is not 8 letters and digits"
    if old.expiry_date is not None and old.expiry_date <= clock.now():
        return "it has expired"
    if APIKey.objects.filter(prefix=old.prefix).exists():
        return "a key of this prefix is here already"
    if ImportedKey.objects.filter(pk=old.prefix).exists():
        return "it was imported before, and deleted here"
    return ""


def _copy(old: Any, owner: Any) -> str:
    api_key = APIKey(
        prefix=old.prefix,
        hashed_key=old.hashed_key,
        name=old.name,
        owner=owner,
        expiry_date=old.expiry_date,
    )
    try:
        atomic_with_retry(partial(_store, api_key, old), APIKey)
    except IntegrityError:
        return "a key of this prefix has just come here"
    return ""


def _store(api_key: APIKey, old: Any) -> None:
    ImportedKey(pk=old.prefix).save(force_insert=True)
    api_key.save(force_insert=True)
    APIKey.objects.filter(pk=api_key.pk).update(created=old.created)  # insertion sets it to now
