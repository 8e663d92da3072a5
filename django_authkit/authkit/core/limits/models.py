"""Rows that count requests and failures."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from datetime import datetime
from functools import partial
from math import ceil
from typing import Any

from django.db import models, router
from django.db.models import Case, F, Q, Value, When
from django.db.models.lookups import LessThan
from django.utils.translation import gettext_lazy as _

from authkit import errors
from authkit.core import clock
from authkit.core.db.retry import retry_on_conflict
from authkit.core.limits.rates import Limits, Rate


class RequestCountManager(models.Manager["RequestCount"]):
    def take(self, name: str, rate: Rate, *, earlier: Sequence[str] = ()) -> int:
        """Count one request; return 0 if it is within the rate, else the seconds to wait.

        :param earlier: the names under SECRET_KEY_FALLBACKS. A request is counted by all names,
            and is within the rate if it is so by each: processes that do not know the present
            SECRET_KEY yet see what the others let pass. One query more.
        """
        now = clock.now()
        names = [name, *earlier]
        if earlier:
            self._carry_over(names, rate, now)
        if self._add(names, rate, now):
            return 0
        found = [row for row in self._rows(names) if not self._was_ahead(row, rate)]
        full = [row.seconds_left(now) for row in found if not row.has_room(rate, now)]
        if full:
            return max(full)
        if len(found) < len(names):
            self._insert(names, self._nothing(rate, now))
        # Race: another request has inserted the rows, or a window has ended meanwhile.
        if self._add(names, rate, now):
            return 0
        return max((row.seconds_left(now) for row in self._rows(names)), default=1)

    def _rows(self, names: Sequence[str]) -> models.QuerySet[RequestCount, RequestCount]:
        return self.using(router.db_for_write(self.model)).filter(pk__in=names)

    def _was_ahead(self, row: RequestCount, rate: Rate) -> bool:
        """Delete a row that was counted by a clock which is wrong; say whether it is one."""
        if not row.is_ahead(rate):
            return False
        self._rows([row.pk]).filter(window_ends_at=row.window_ends_at).delete()
        return True

    def _carry_over(self, names: Sequence[str], rate: Rate, now: datetime) -> None:
        """Give each name a row, with what was counted by another."""
        found = {row.pk: row for row in self._rows(names)}
        missing = [name for name in names if name not in found]
        if missing:
            counted = [self._nothing(rate, now), *found.values()]
            self._insert(missing, max(counted, key=lambda row: row.ends_at))

    def _nothing(self, rate: Rate, now: datetime) -> RequestCount:
        past = now - rate.period
        return self.model(requests=0, window_ends_at=past, ends_at=past)

    def _insert(self, names: Sequence[str], counts: RequestCount) -> None:
        rows = [counts.named(name) for name in names]
        insert = partial(self.bulk_create, rows, ignore_conflicts=True)
        retry_on_conflict(insert, self.model)

    def _add(self, names: Sequence[str], rate: Rate, now: datetime) -> bool:
        """Count by one conditional UPDATE: the row decides between concurrent requests.

        Return False if a name has no row, or one without room.

        A window begins with the first request after the last one. Requests of the window before
        count as long as one of them may be within the period, so whichever period one looks at
        touches two windows at most, and both together stay within the rate.
        """
        within, counts = Q(window_ends_at__gt=now), Q(ends_at__gt=now)
        number = rate.number
        left = (
            Q(within, LessThan(F("requests") + F("before"), number))
            | Q(~within, counts, requests__lt=number)
            | Q(~within, ~counts)
        )
        # MySQL computes each assignment from what those before it have assigned, so each column
        # comes after those that are computed from it.
        changes = {
            "before": Case(
                When(within, then=F("before")),
                When(counts, then=F("requests")),
                default=Value(0, models.PositiveIntegerField()),
            ),
            "requests": Case(
                When(within, then=F("requests") + 1),
                default=Value(1),
            ),
            "window_ends_at": Case(
                When(within, then=F("window_ends_at")),
                default=Value(now + rate.period, models.DateTimeField()),
            ),
            "ends_at": now + rate.period,
        }
        rows = self.filter(name__in=names).filter(left)
        return retry_on_conflict(lambda: rows.update(**changes), self.model) == len(names)


class RequestCount(models.Model):
    """The requests of one client under one rate limit: the present window and the one before.

    ``ends_at`` is when the last of them stops counting.
    """

    name = models.CharField(max_length=64, primary_key=True)
    requests = models.PositiveIntegerField()
    before = models.PositiveIntegerField(default=0)
    window_ends_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)

    objects = RequestCountManager()

    def __str__(self) -> str:
        return self.name

    def named(self, name: str) -> RequestCount:
        """Return an unsaved row of another name with the same counts."""
        row = copy(self)
        row.name = name
        return row

    def is_ahead(self, rate: Rate) -> bool:
        """Say whether a request was counted further ahead than clock skew explains."""
        return clock.is_ahead(max(self.window_ends_at, self.ends_at) - rate.period)

    def has_room(self, rate: Rate, now: datetime) -> bool:
        """Say whether a request would have been counted: what the UPDATE asks of the row."""
        if self.window_ends_at > now:
            return self.requests + self.before < rate.number
        return self.ends_at <= now or self.requests < rate.number

    def seconds_left(self, now: datetime) -> int:
        """Return in how many seconds one of the requests stops counting, at least one."""
        window = self.window_ends_at > now and self.before
        left = (self.window_ends_at if window else self.ends_at) - now
        return max(1, ceil(left.total_seconds()))


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
        age = clock.age_of(self.last_attempt_at)
        if age >= limits.window:
            return None
        return errors.AttemptsExceeded(wait=ceil((limits.window - age).total_seconds()))
