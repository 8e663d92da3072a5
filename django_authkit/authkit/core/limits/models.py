"""Rows that count requests and failures."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from authkit import errors
from authkit.core import clock
from authkit.core.db.retry import retry_on_conflict
from authkit.core.limits.rates import Limits
from authkit.core.limits.windows import increment_or_reset


class RequestCountManager(models.Manager["RequestCount"]):
    def take(self, name: str, limit: int, ends_at: datetime) -> bool:
        """Count one request in the window that ends then; return False if the limit is reached."""
        if self._add(name, limit, ends_at):
            return True
        if self._is_full(name, limit, ends_at):
            return False
        row = self.model(name=name, requests=0, ends_at=ends_at)
        retry_on_conflict(lambda: self.bulk_create([row], ignore_conflicts=True), self.model)
        return self._add(name, limit, ends_at)

    def _add(self, name: str, limit: int, ends_at: datetime) -> bool:
        # A window that ends later is of a server whose clock is ahead.
        same = Q(ends_at__gte=ends_at)
        counters = self.filter(name=name).filter(~same | Q(requests__lt=limit))
        window = increment_or_reset(~same, count="requests", moment="ends_at", anew=ends_at)
        return retry_on_conflict(lambda: bool(counters.update(**window)), self.model)

    def _is_full(self, name: str, limit: int, ends_at: datetime) -> bool:
        return self.filter(name=name, ends_at__gte=ends_at, requests__gte=limit).exists()


class RequestCount(models.Model):
    """The requests of one client in the present window of one rate limit."""

    name = models.CharField(max_length=64, primary_key=True)
    requests = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    objects = RequestCountManager()

    def __str__(self) -> str:
        return self.name


class AttemptCounter(models.Model):
    """The columns of failure limits: failures in a row, and those of the present window.

    A window ends when no attempt was counted for its length.
    """

    failures = models.PositiveIntegerField(_("consecutive failures"), default=0)
    window_failures = models.PositiveIntegerField(default=0)
    last_attempt_at = models.DateTimeField(null=True, blank=True)

    #: The values after a success, or an administrator's unlock.
    FORGIVEN: dict[str, Any] = {
        "failures": 0,
        "window_failures": 0,
        "last_attempt_at": None,
    }

    class Meta:
        abstract = True

    def refusal(self, limits: Limits) -> errors.AccountLocked | errors.AttemptsExceeded | None:
        """Return the error of the next attempt: lockout, too many in the window, or None."""
        if self.failures >= limits.in_a_row:
            return errors.AccountLocked()
        if self.last_attempt_at is None or self.window_failures < limits.per_window:
            return None
        left = self.last_attempt_at + limits.window - clock.now()
        if left <= timedelta(0):
            return None
        return errors.AttemptsExceeded(wait=ceil(left.total_seconds()))
