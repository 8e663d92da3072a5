"""Counting guesses so that any number of them at once stays within the limits.

An attempt is counted before it is judged, by one conditional UPDATE, and forgiven when it
was right. What is counted, and where, is for the model that has these columns.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from authkit.core import clock
from authkit.core.lazy import lazy_module
from authkit.core.windows import one_more

if TYPE_CHECKING:
    from authkit import errors
else:
    errors = lazy_module("authkit.errors")

C = TypeVar("C", bound="AttemptCounter")


class Limits(NamedTuple):
    """At most ``per_window`` attempts in ``window``, and ``in_a_row`` before any success."""

    window: timedelta
    per_window: int
    in_a_row: int


class AttemptCounter(models.Model):
    """The columns of a count: consecutive failures, and those of the present window."""

    failures = models.PositiveIntegerField(_("consecutive failures"), default=0)
    window_failures = models.PositiveIntegerField(default=0)
    window_started_at = models.DateTimeField(null=True, blank=True)

    #: What a success, or an administrator, sets.
    FORGIVEN: dict[str, Any] = {
        "failures": 0,
        "window_failures": 0,
        "window_started_at": None,
    }

    class Meta:
        abstract = True

    def refusal(self, limits: Limits) -> errors.AccountLocked | errors.AttemptsExceeded | None:
        """Say why the next attempt would be refused, if it would."""
        if self.failures >= limits.in_a_row:
            return errors.AccountLocked()
        if self.window_started_at is None or self.window_failures < limits.per_window:
            return None
        left = self.window_started_at + limits.window - clock.now()
        if left <= timedelta(0):
            return None
        return errors.AttemptsExceeded(wait=ceil(left.total_seconds()))


def count_attempt(counters: models.QuerySet[C, C], limits: Limits) -> bool:
    """Count one attempt on the row that ``counters`` selects; return False if none is left."""
    now = clock.now()
    expired = Q(window_started_at=None) | Q(window_started_at__lte=now - limits.window)
    allowed = Q(failures__lt=limits.in_a_row) & (expired | Q(window_failures__lt=limits.per_window))
    window = one_more(expired, count="window_failures", moment="window_started_at", anew=now)
    return bool(counters.filter(allowed).update(failures=F("failures") + 1, **window))
