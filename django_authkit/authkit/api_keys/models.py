from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.crypto import KeyGenerator
from rest_framework_api_key.models import AbstractAPIKey, BaseAPIKeyManager

from authkit.api_keys.keys import new_key, prefix_of
from authkit.conf import conf
from authkit.core import clock
from authkit.core.compiled_lookup import CompiledLookup


class BrandedKeyGenerator(KeyGenerator):  # type: ignore[misc]
    """Makes keys of our form, and hashes them as the parent does."""

    def generate(self) -> tuple[str, str, str]:
        key, prefix = new_key(conf.API_KEY_BRAND)
        return key, prefix, self.hash(key)


class APIKeyManager(BaseAPIKeyManager):  # type: ignore[misc]
    """``create_key(name=..., owner=...)`` returns ``(api_key, key)``, the key for the only time."""

    key_generator = BrandedKeyGenerator()

    @cached_property
    def _by_prefix(self) -> CompiledLookup[APIKey]:
        return CompiledLookup(self.model, "prefix", related="owner")

    def assign_key(self, obj: APIKey) -> str:
        key, obj.prefix, obj.hashed_key = self.key_generator.generate()
        return key

    def with_owner(self, prefix: str) -> APIKey | None:
        """Return the key of this prefix and its owner, in one query, usable or not."""
        return self._by_prefix.get(prefix)

    def get_from_key(self, key: str) -> APIKey:
        """Return the row of a usable key.

        Unlike the parent's, it looks at expiry and owner too.

        :raises APIKey.DoesNotExist: for every other key.
        """
        prefix = prefix_of(key, conf.API_KEY_BRAND)
        api_key = self.with_owner(prefix) if prefix else None
        if prefix and not _matches(self.key_generator, key, api_key):
            api_key = None
        if api_key is None or not api_key.is_usable():
            raise self.model.DoesNotExist("No usable API key is this one.")
        return api_key


class APIKey(AbstractAPIKey):  # type: ignore[misc]
    """A credential for programs, with or without an owner.

    The parent's primary key contains the hash of the key; ours is a random id that may be
    shown, logged and put into URLs.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="authkit_api_keys",
        verbose_name=_("owner"),
        help_text=_("Whom the key acts for. Without an owner it is a service's own."),
    )

    objects: ClassVar[APIKeyManager] = APIKeyManager()

    class Meta:
        ordering = ["-created"]
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def is_usable(self) -> bool:
        """Say whether the key may be used now, by its own state and its owner's."""
        return not self.revoked and not self._has_run_out() and self._owner_is_active()

    def _has_run_out(self) -> bool:
        return self.expiry_date is not None and self.expiry_date <= clock.now()

    def _owner_is_active(self) -> bool:
        return self.owner is None or self.owner.is_active


def _matches(generator: KeyGenerator, key: str, api_key: APIKey | None) -> bool:
    """Verify the secret; hash once also where there is no row, so that both take as long."""
    if api_key is None:
        generator.hash(key)
        return False
    matches: Any = generator.verify(key, api_key.hashed_key)
    return bool(matches)
