"""Keys in a table of djangorestframework-api-key, or of a project's subclass of its model."""

from __future__ import annotations

from typing import Any

from rest_framework_api_key.models import AbstractAPIKey

from authkit.api_keys.keys import plain_prefix_of
from authkit.api_keys.owners import has_usable_owner
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
    if _has_expired(api_key) or not (owner_field is None or has_usable_owner(api_key, owner_field)):
        raise APIKeyInvalid
    return api_key


def _find(model: type[AbstractAPIKey], prefix: str, owner_field: str | None) -> Any:
    keys = model.objects.get_usable_keys().filter(prefix=prefix, revoked=False).order_by()
    return (keys.select_related(owner_field) if owner_field else keys).first()


def _matches(generator: Any, key: str, api_key: Any) -> bool:
    if api_key is None:
        generator.hash(key)  # equal work: timing must not reveal which prefixes exist
        return False
    return bool(generator.verify(key, api_key.hashed_key))


def _has_expired(api_key: Any) -> bool:
    return api_key.expiry_date is not None and api_key.expiry_date <= clock.now()
