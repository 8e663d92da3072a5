from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from logging import WARNING, getLogger
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, router
from django.db.models import Q
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.crypto import KeyGenerator
from rest_framework_api_key.models import AbstractAPIKey, BaseAPIKeyManager

from authkit import errors
from authkit.api_keys import keys, scopes, validation
from authkit.api_keys.cache import forget
from authkit.api_keys.owners import has_usable_owner, owner_of
from authkit.conf import conf
from authkit.core import clock
from authkit.core.db.best_effort import best_effort
from authkit.core.db.prepared import Param, PreparedSelect
from authkit.core.db.primary import PrimaryManager, PrimaryQuerySet
from authkit.core.db.retry import atomic_with_retry
from authkit.core.http import networks

logger = getLogger("authkit.api_keys")

#: The columns that authentication does not read.
UNREAD = ("created", "last_used_ip", "slot")

#: How many prefixes are drawn where one is taken. There are 62 ** 8, about 2 * 10 ** 14.
PREFIX_TRIES = 5


class BrandedKeyGenerator(KeyGenerator):  # type: ignore[misc]  # the package has no types
    """Makes keys in authkit's format, and hashes them as the parent does."""

    def get_prefix(self) -> str:
        return keys.new_prefix()

    def generate(self) -> tuple[str, str, str]:
        prefix = self.get_prefix()
        key = keys.new_key(conf.API_KEY_BRAND, prefix)
        return key, prefix, self.hash(key)

    def hash(self, value: str) -> str:
        # Without make_password(), whose tests of types take longer than the hash.
        hashed: str = self.preferred_hasher.encode(value, self.preferred_hasher.salt())
        return hashed

    def matches(self, key: str, api_key: APIKey | None) -> bool:
        """Verify the secret in constant time. Equal work without a row prevents a timing attack."""
        presented: str = self.hash(key)
        if api_key is None:
            return False
        accepted = api_key.accepted_hashes()
        if any(constant_time_compare(presented, one) for one in accepted.values()):
            return True
        return any(
            self._matches_slow_hash(key, presented, api_key, column)
            for column, one in accepted.items()
            if one and not self.using_preferred_hasher(one)
        )

    def _matches_slow_hash(self, key: str, presented: str, api_key: APIKey, column: str) -> bool:
        """Verify a hash that djangorestframework-api-key made before 3.0, and replace it."""
        slow = {column: getattr(api_key, column)}
        if not self.verify(key, slow[column]):
            return False
        with best_effort(APIKey, logger, WARNING, "The hash of an API key was not replaced."):
            # Compare-and-set: a rotation since the hash was verified must not be undone.
            APIKey.objects.filter(pk=api_key.pk, **slow).update(**{column: presented})
        return True


class APIKeyManager(BaseAPIKeyManager):  # type: ignore[misc]  # as above
    """``create_key(name=..., owner=...)`` returns ``(api_key, key)``, the key for the only time."""

    key_generator = BrandedKeyGenerator()

    @cached_property
    def by_prefix(self) -> PreparedSelect[APIKey]:
        prefix = Q(prefix=Param("prefix", models.CharField()))
        return PreparedSelect(
            self.model, prefix, related="owner", defer=UNREAD, private=["password"]
        )

    @cached_property
    def by_id(self) -> PreparedSelect[APIKey]:
        which = Q(id=Param("id", models.UUIDField()))
        return PreparedSelect(self.model, which, related="owner", defer=UNREAD)

    def assign_key(self, obj: APIKey) -> str:
        key, obj.prefix, obj.hashed_key = self.key_generator.generate()
        return key

    def create_key(self, **fields: Any) -> tuple[APIKey, str]:
        """Insert a row with these fields, and return it with its key.

        :raises ValidationError: a field has a value that the endpoint would refuse.
        """
        fields.pop("id", None)
        api_key = self.model(**fields)
        api_key.check_new()
        return api_key, self.insert(api_key)

    def insert(self, api_key: APIKey) -> str:
        """Insert a row that was checked with a new key; return the key, which is not stored."""
        for tries_left in reversed(range(PREFIX_TRIES)):
            key = self.assign_key(api_key)
            try:
                atomic_with_retry(partial(api_key.save, force_insert=True), self.model)
            except IntegrityError:
                if not tries_left or not self.filter(prefix=api_key.prefix).exists():
                    raise
            else:
                break
        return key

    def with_owner(self, prefix: str) -> APIKey | None:
        """Return the key of this prefix and its owner, in one query, usable or not."""
        return self.by_prefix.get(prefix=prefix)

    def get_from_key(self, key: str) -> APIKey:
        """Return the row of a usable key.

        Unlike the parent's, it checks expiry and owner too. It neither checks the client IP
        nor counts the use: :func:`authkit.api_keys.using.usage.use_key` does.

        :raises APIKey.DoesNotExist: for every other key.
        """
        prefix = keys.prefix_of(key, conf.API_KEY_BRAND)
        api_key = self.with_owner(prefix) if prefix else None
        if prefix and not self.key_generator.matches(key, api_key):
            api_key = None
        if api_key is None or not api_key.is_usable():
            raise self.model.DoesNotExist("No usable API key is this one.")
        return api_key


class APIKeyQuerySet(PrimaryQuerySet["APIKey"]):
    def of(self, owner: Any) -> APIKeyQuerySet:
        return self.filter(owner=owner)

    def unrevoked(self) -> APIKeyQuerySet:
        return self.filter(revoked=False)

    def live(self) -> APIKeyQuerySet:
        """Return the keys that have neither been revoked nor expired."""
        return self.unrevoked().unexpired()

    def unexpired(self) -> APIKeyQuerySet:
        return self.filter(Q(expiry_date=None) | Q(expiry_date__gt=clock.now()))

    def ended(self) -> APIKeyQuerySet:
        return self.filter(Q(revoked=True) | Q(expiry_date__lte=clock.now()))

    def update(self, **changes: Any) -> int:
        with self._forgetting():
            return super().update(**changes)

    def delete(self) -> tuple[int, dict[str, int]]:
        with self._forgetting():
            return super().delete()

    def revoke(self) -> int:
        """Revoke these keys for good: their hashes are erased. Return how many; idempotent."""
        return self.unrevoked().update(
            revoked=True, hashed_key="", retiring_hash="", retiring_until=None, slot=None
        )

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        changing = conf.API_KEY_CACHE_SECONDS > 0
        prefixes = list(self.order_by().values_list("prefix", flat=True)) if changing else []
        yield
        forget(prefixes, using=router.db_for_write(self.model))


class APIKey(AbstractAPIKey):  # type: ignore[misc]  # as above
    """A credential for programs, with or without an owner.

    The parent's primary key contains the hash of the key; this one is a random id that may be
    shown, logged and put into URLs.

    During the overlap of a rotation there are two hashes, and the row accepts both keys.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="authkit_api_keys",
        verbose_name=_("owner"),
        help_text=_("The user that the key acts for. A key without an owner belongs to a service."),
    )
    group = models.ForeignKey(
        "auth.Group",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("group"),
        help_text=_("The group whose permissions a key without an owner has."),
    )
    scope = models.TextField(_("scopes"), blank=True, default="")
    networks = models.TextField(_("allowed networks"), blank=True, default="")
    rate = models.CharField(
        _("rate"),
        max_length=32,
        blank=True,
        default="",
        help_text=_("The rate limit of the key, e.g. 1000/hour. Empty: no limit."),
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    last_used_ip = models.GenericIPAddressField(_("last used from"), null=True, editable=False)
    retiring_hash = models.CharField(max_length=150, blank=True, default="", editable=False)
    retiring_until = models.DateTimeField(
        _("old key valid until"), null=True, blank=True, editable=False
    )
    slot = models.PositiveIntegerField(null=True, editable=False)

    objects: ClassVar[APIKeyManager] = APIKeyManager.from_queryset(APIKeyQuerySet)()

    #: The columns that ``save()`` writes of a row that exists. Only compare-and-set changes the
    #: others, so that no stale copy can undo a revocation, a rotation or a count.
    DESCRIBED = ("name", "owner", "group", "scope", "networks", "rate", "expiry_date")

    class Meta:
        ordering = ["-created"]
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.UniqueConstraint(fields=["owner", "slot"], name="authkit_one_key_per_slot"),
        ]

    @property
    def scopes(self) -> list[str]:
        """What the key may do where a view requires scopes (RFC 6749 section 3.3)."""
        return self.scope.split()

    @scopes.setter
    def scopes(self, names: Iterable[str]) -> None:
        self.scope = " ".join(dict.fromkeys(names))

    @property
    def allowed_networks(self) -> list[str]:
        """The networks that the key may be used from, in CIDR notation; all if it is empty.

        Setting it raises ``ValueError`` for an invalid network.
        """
        return self.networks.split()

    @allowed_networks.setter
    def allowed_networks(self, values: Iterable[str]) -> None:
        self.networks = networks.joined(values)

    @property
    def overlap_ends_at(self) -> Any:
        """Until when the key before the last rotation works, or None."""
        return self.retiring_until if self._is_overlapping() else None

    def accepted_hashes(self) -> dict[str, str]:
        """Return the hashes of the keys that work now, by column: two during an overlap."""
        retiring = {"retiring_hash": self.retiring_hash} if self._is_overlapping() else {}
        return {"hashed_key": self.hashed_key, **retiring}

    def is_usable(self) -> bool:
        """Say whether the key may be used now, by its own state and its owner's."""
        return self.rejection_reason() is None

    def rejection_reason(self) -> str | None:
        """Return ``revoked``, ``expired``, ``owner_inactive`` or ``rate``, or None.

        A rate that cannot be read, which only SQL can have written, allows no use.
        """
        if self.revoked:
            return "revoked"
        if self.has_run_out():
            return "expired"
        if not has_usable_owner(self):
            return "owner_inactive"
        if self.rate and not validation.is_rate(self.rate):
            return "rate"
        return None

    def has_run_out(self) -> bool:
        return self.expiry_date is not None and self.expiry_date <= clock.now()

    def check_new(self) -> None:
        """Return if a key with these fields may be made.

        :raises ValidationError: it may not.
        """
        generated = {"prefix", "hashed_key"}
        self.full_clean(
            {*generated, "owner", "group"}, validate_unique=False, validate_constraints=False
        )

    def clean(self) -> None:
        super().clean()
        if not self._state.adding and self._has_ended_already():
            return
        if self.owner_id is not None and self.group_id is not None:
            raise ValidationError({"group": _("A key with an owner has the owner's permissions.")})
        self._check_columns()
        try:
            scopes.require_grantable(owner_of(self), self.scopes)
        except (errors.ScopeInvalid, errors.APIKeyInvalid) as error:
            raise ValidationError(str(error.detail)) from None

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            super().save(*args, **kwargs)
            return
        if kwargs.get("update_fields") is None:
            self._save_described(*args, **kwargs)
        else:
            super().save(*args, **kwargs)
        forget([self.prefix], using=router.db_for_write(type(self)))

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        deleted = super().delete(*args, **kwargs)
        forget([self.prefix], using=router.db_for_write(type(self)))
        return deleted

    def _save_described(self, *args: Any, **kwargs: Any) -> None:
        self._save_expiry()
        described = [name for name in self.DESCRIBED if name != "expiry_date"]
        super().save(*args, **{**kwargs, "update_fields": described})
        if self.revoked:
            type(self).objects.filter(pk=self.pk).revoke()

    def _has_ended_already(self) -> bool:
        """Say whether the stored key has ended, so that nothing of it matters any more.

        :raises ValidationError: this copy prolongs it.
        """
        stored = type(self).objects.filter(pk=self.pk)
        if not stored.ended().exists():
            return False
        if not stored.filter(expiry_date=self.expiry_date).exists():
            raise ValidationError(str(errors.APIKeyEnded.default_detail))
        return True

    def _check_columns(self) -> None:
        names = set(self.DESCRIBED)
        if not self._state.adding:
            same = type(self).objects.filter(pk=self.pk, expiry_date=self.expiry_date)
            names -= {"expiry_date"} if same.exists() else set()
        validation.check_columns(self, names)

    def _save_expiry(self) -> None:
        """Store the expiry unless the key has expired, which nothing undoes (compare-and-set).

        :raises ValidationError: it has, and this copy prolongs it.
        """
        stored = type(self).objects.filter(pk=self.pk)
        if stored.unexpired().update(expiry_date=self.expiry_date):
            return
        if stored.exclude(expiry_date=self.expiry_date).exists():
            raise ValidationError(str(errors.APIKeyEnded.default_detail))

    def _is_overlapping(self) -> bool:
        return self.retiring_until is not None and clock.now() < self.retiring_until


class ImportedKey(models.Model):
    """That a key was imported: a key that was deleted here since is not imported again."""

    prefix = models.CharField(primary_key=True, max_length=keys.PREFIX_LENGTH, editable=False)

    objects = PrimaryManager()

    def __str__(self) -> str:
        return self.prefix
