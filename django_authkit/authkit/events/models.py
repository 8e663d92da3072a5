from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, NoReturn

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from authkit.core.db.prepared import PreparedInsert
from authkit.core.db.primary import PrimaryQuerySet
from authkit.core.http.client import USER_AGENT_LENGTH
from authkit.core.identity.users import AuthUser

#: Characters of the longest network: an IPv6 /64, written in full.
NETWORK_LENGTH = 43


class SecurityEventQuerySet(PrimaryQuerySet["SecurityEvent"]):
    """Append-only. ``authkit_prune`` deletes events, ``pseudonymise`` removes personal data."""

    def of(self, user: AuthUser) -> SecurityEventQuerySet:
        return self.filter(user=user)

    def update(self, **values: Any) -> NoReturn:
        _refuse()

    def delete(self) -> NoReturn:
        _refuse()

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        _refuse()

    def bulk_create(
        self, objs: Iterable[SecurityEvent], *args: Any, **options: Any
    ) -> list[SecurityEvent]:
        if options.get("update_conflicts"):
            _refuse()
        return super().bulk_create(objs, *args, **options)

    update.alters_data = True  # type: ignore[attr-defined]  # as Django marks its own
    delete.alters_data = True  # type: ignore[attr-defined]


class SecurityEvent(models.Model):
    """An event of an account, or a failed attempt. It is written once.

    It outlives its user. The foreign key has no constraint: an insert neither waits for a lock
    on the user nor fails if the user has been deleted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=64)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="authkit_events",
        verbose_name=_("user"),
    )
    session_id = models.UUIDField(_("session"), null=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    network = models.CharField(max_length=NETWORK_LENGTH, blank=True)
    user_agent = models.CharField(_("user agent"), max_length=USER_AGENT_LENGTH, blank=True)
    facts = models.JSONField(_("facts"), default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(_("happened at"), db_index=True)

    objects = SecurityEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("security event")
        verbose_name_plural = _("security events")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="authkit_events_of_user"),
            models.Index(
                fields=["network", "kind", "user", "created_at"], name="authkit_events_from"
            ),
        ]

    def __str__(self) -> str:
        return self.kind

    def save(self, *args: Any, **options: Any) -> None:
        """Write a new event.

        :raises TypeError: the event is already stored.
        """
        if not self._state.adding:
            _refuse()
        super().save(*args, **{**options, "force_insert": True})

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        _refuse()


def _refuse() -> NoReturn:
    raise TypeError(
        "Security events are append-only. `manage.py authkit_prune` deletes expired ones, and "
        "authkit.events.flows.pseudonymise() removes the personal data of a user."
    )


#: Stores one new event.
insertion = PreparedInsert(SecurityEvent)
