"""Keys in a table of djangorestframework-api-key, or of a project's subclass of its model."""

from __future__ import annotations

from typing import Any

from django.db import router
from django.db.models.manager import BaseManager
from rest_framework_api_key.models import AbstractAPIKey

from authkit.api_keys.keys import plain_prefix_of
from authkit.api_keys.owners import owner_of
from authkit.core import clock
from authkit.errors import APIKeyInvalid


def use_foreign_key(model: type[AbstractAPIKey], key: str, owner_field: str | None) -> Any:
    """Return the row of a valid key, among those that the model's manager calls usable.

    :param owner_field: the field for the user whom the key acts for, who must be active.
    :raises APIKeyInvalid: for every other key.
    """
    prefix = plain_prefix_of(key)
    if prefix is None:
        raise APIKeyInvalid
    api_key = _find(model, prefix, owner_field)
    if not _matches(model.objects.key_generator, key, api_key):
        raise APIKeyInvalid
    if _has_expired(api_key) or (owner_field and not _owner_is_usable(api_key, owner_field)):
        raise APIKeyInvalid
    return api_key


def _find(model: type[AbstractAPIKey], prefix: str, owner_field: str | None) -> Any:
    # The primary: a replica that is late may still have a key that has been revoked.
    keys = model.objects.get_usable_keys().using(router.db_for_write(model))
    keys = keys.filter(prefix=prefix, revoked=False).order_by()
    return (keys.select_related(owner_field) if owner_field else keys).first()


def _matches(generator: Any, key: str, api_key: Any) -> bool:
    if api_key is None:
        generator.hash(key)  # equal work: timing must not reveal which prefixes exist
        return False
    return bool(generator.verify(key, api_key.hashed_key))


def _has_expired(api_key: Any) -> bool:
    return api_key.expiry_date is not None and api_key.expiry_date <= clock.now()


def _owner_is_usable(api_key: Any, owner_field: str) -> bool:
    """Say whether the owner is there, active, and not hidden by the default manager."""
    owner = owner_of(api_key, owner_field)
    if owner is None:
        return True
    manager = type(owner)._default_manager
    if type(manager).get_queryset is not BaseManager.get_queryset:  # soft deletion, say
        owner = manager.using(owner._state.db).filter(pk=owner.pk).first()
    return owner is not None and owner.is_active
