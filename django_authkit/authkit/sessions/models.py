from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import Q
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from authkit.core import clock
from authkit.core.db.now import DatabaseNow
from authkit.core.db.prepared import (
    Param,
    PreparedInsert,
    PreparedRow,
    PreparedSelect,
    PreparedUpdate,
)
from authkit.core.db.primary import PrimaryQuerySet
from authkit.core.factors import is_required_now
from authkit.core.http.client import USER_AGENT_LENGTH
from authkit.core.identity.users import AuthUser
from authkit.events.models import NETWORK_LENGTH


class SessionQuerySet(PrimaryQuerySet["Session"]):
    def of(self, user: AuthUser) -> SessionQuerySet:
        return self.filter(user=user)

    def live(self) -> SessionQuerySet:
        """Return the sessions that are complete and have neither been revoked nor expired.

        :meth:`Session.is_live` also checks the user.
        """
        now = clock.now()
        unexpired = self.filter(idle_expires_at__gt=now, absolute_expires_at__gt=now)
        return unexpired.filter(revoked_at=None, pending_until=None)

    def unended(self) -> SessionQuerySet:
        """Return what a revocation has to reach: sessions that may be live by some clock.

        Those that still wait for a second factor are among them.
        """
        since = clock.earliest()
        unexpired = self.filter(idle_expires_at__gt=since, absolute_expires_at__gt=since)
        return unexpired.filter(revoked_at=None)

    def pending(self) -> SessionQuerySet:
        """Return the sessions that still wait for a second factor."""
        return self.filter(revoked_at=None, pending_until__gt=clock.now())

    def expired(self) -> SessionQuerySet:
        """Return the sessions that ran out before they were revoked."""
        now = clock.now()
        ran_out = Q(idle_expires_at__lte=now) | Q(absolute_expires_at__lte=now)
        return self.filter(ran_out | Q(pending_until__lte=now), revoked_at=None)


class Session(models.Model):
    """One log-in on one device, and the family of refresh tokens that came from it.

    The row decides and tokens only name it, so revoking the row revokes them all.
    Log-ins add rows, refreshes do not. No column contains a credential.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="authkit_sessions",
        verbose_name=_("user"),
    )
    generation = models.PositiveIntegerField(_("generation"), default=0)
    password_fingerprint = models.CharField(max_length=64, editable=False)
    methods = models.CharField(_("authentication methods"), max_length=64)
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    user_agent = models.CharField(_("user agent"), max_length=USER_AGENT_LENGTH, blank=True)
    authenticated_at = models.DateTimeField(_("authenticated at"))
    created_at = models.DateTimeField(_("created at"))
    last_used_at = models.DateTimeField(_("last used at"))
    rotated_from = models.CharField(max_length=NETWORK_LENGTH, blank=True, editable=False)
    #: By the clock of the database.
    rotated_at = models.DateTimeField(null=True, editable=False)
    replayed_at = models.DateTimeField(null=True, editable=False)
    replayed_generation = models.PositiveIntegerField(null=True, editable=False)
    idle_expires_at = models.DateTimeField(_("expires when unused"), db_index=True)
    absolute_expires_at = models.DateTimeField(_("expires at the latest"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    pending_until = models.DateTimeField(_("waits for a second factor until"), null=True)
    pending_tries = models.PositiveSmallIntegerField(default=0)
    enrolment_only = models.BooleanField(_("can only set up a second factor"), default=False)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-last_used_at"]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def amr(self) -> list[str]:
        """Authentication method references as in RFC 8176, e.g. ``["pwd"]``."""
        return self.methods.split()

    @property
    def owes_second_factor(self) -> bool:
        """Whether the session can only set up a second factor.

        It also follows a user who was promoted to staff, or a setting that has changed, since.
        """
        return self.enrolment_only or ("mfa" not in self.amr and is_required_now(self.user))

    def assign(self, changes: Mapping[str, Any]) -> None:
        """Set on this instance what a conditional UPDATE has written."""
        for name, value in changes.items():
            setattr(self, name, value)

    def is_live(self) -> bool:
        """Say whether the session may be used now.

        It is computed from the rows of session and user, so it follows at once when an account is
        deactivated or its password changes outside of authkit.
        """
        return self.pending_until is None and self._may_be_used()

    def is_pending(self) -> bool:
        """Say whether the session may still be completed by a second factor."""
        pending = self.pending_until is not None and clock.now() < self.pending_until
        return pending and self._may_be_used()

    def _may_be_used(self) -> bool:
        return (
            self.revoked_at is None
            and not self.has_expired(clock.now())
            and self.user.is_active
            and self.password_is_unchanged()
        )

    def has_expired(self, now: datetime) -> bool:
        """Say whether it ran out by itself; see :meth:`is_pending` for a log-in that waits."""
        return now >= self.idle_expires_at or now >= self.absolute_expires_at

    def password_is_unchanged(self) -> bool:
        return any(
            constant_time_compare(self.password_fingerprint, fingerprint)
            for fingerprint in accepted_fingerprints(self.user)
        )


_ID = Param("id", models.UUIDField())
_NOW = Param("now", models.DateTimeField())

#: Stores a new session.
insertion = PreparedInsert(Session)

#: Reads a session and its user in one query.
sessions_by_id = PreparedSelect(Session, Q(id=_ID), related="user")

#: The columns that authentication by an access token does not read.
UNREAD = (
    "ip",
    "user_agent",
    "authenticated_at",
    "created_at",
    "last_used_at",
    "rotated_from",
    "rotated_at",
    "replayed_at",
    "replayed_generation",
    "pending_tries",
)

#: The same for a request with an access token. Columns, and dates above all, are an eighth of what
#: it costs.
bearer_sessions_by_id = PreparedSelect(Session, Q(id=_ID), related="user", defer=UNREAD)

#: Compare-and-set: moves a live session on by one generation; only one caller can.
rotation = PreparedUpdate(
    Session,
    Q(id=_ID, generation=Param("seen", models.PositiveIntegerField()))
    & Q(revoked_at=None, pending_until=None)
    & Q(idle_expires_at__gt=_NOW, absolute_expires_at__gt=_NOW),
    generation=Param("generation", models.PositiveIntegerField()),
    last_used_at=Param("last_used_at", models.DateTimeField()),
    rotated_from=Param("rotated_from", models.CharField()),
    rotated_at=DatabaseNow(),
    idle_expires_at=Param("idle_expires_at", models.DateTimeField()),
)

#: Reads when a session was rotated to a generation, and the present time, both by one clock.
rotation_times = PreparedRow(
    Session,
    lambda rows: rows.filter(
        id=_ID, generation=Param("generation", models.PositiveIntegerField())
    ).values_list("rotated_at", DatabaseNow()),
)

_SINCE = Param("since", models.DateTimeField())

#: Compare-and-set: revokes a session that has not ended ``since`` (see :func:`clock.earliest`).
revocation = PreparedUpdate(
    Session, Q(id=_ID, revoked_at=None, idle_expires_at__gt=_SINCE), revoked_at=_NOW
)

#: The same for the session of a token, unless the token expires later than the session.
revocation_by_token = PreparedUpdate(
    Session,
    Q(id=_ID, user=Param("user", Session._meta.get_field("user")))
    & Q(revoked_at=None, idle_expires_at__gt=_SINCE)
    & Q(absolute_expires_at__gt=Param("ends", models.DateTimeField())),
    revoked_at=_NOW,
)


def password_fingerprint(user: AuthUser) -> str:
    """Return 64 hexadecimal digits that change with the user's password and do not reveal it.

    They are the SHA-256 of Django's session hash, an HMAC with SECRET_KEY: the length is fixed,
    and the hash of a project's cookie sessions cannot be derived.
    """
    if _has_session_hash_of_django(user.__class__):
        return _django_fingerprint(user.__class__, user.password, settings.SECRET_KEY)
    return _digest(user.get_session_auth_hash())


def _has_session_hash_of_django(model: type) -> bool:
    """Say whether the session hash is that of Django. One of a project may follow any column."""
    return all(
        getattr(model, name, None) is getattr(AbstractBaseUser, name)
        for name in ("get_session_auth_hash", "_get_session_auth_hash")
    )


@lru_cache(maxsize=2048)
def _django_fingerprint(model: type[AuthUser], password: str, secret_key: str | bytes) -> str:
    """Compute the fingerprint of a password once: each request of its sessions compares it.

    It depends on nothing else, so a password that is changed, by whatever means, is noticed.
    """
    return _digest(model(password=password).get_session_auth_hash())


def accepted_fingerprints(user: AuthUser) -> Iterator[str]:
    """Yield the fingerprint under SECRET_KEY, then those under SECRET_KEY_FALLBACKS."""
    yield password_fingerprint(user)
    for fallback in user.get_session_auth_fallback_hash():
        yield _digest(fallback)


def _digest(value: Any) -> str:
    return hashlib.sha256(str(value).encode()).hexdigest()
