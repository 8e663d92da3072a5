"""Limits against brute force: attempts counted so that any number at once stays within them.

An attempt is counted before it is judged, by one conditional UPDATE (compare-and-set: the row
decides between concurrent attempts), and forgiven when it was right. What is counted, and where,
is for the model that has these columns.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from django.db.models import Case, F, Q, Value, When

from authkit.core import clock
from authkit.core.db.prepared import Param, PreparedUpdate
from authkit.core.limits.models import AttemptCounter
from authkit.core.limits.rates import Limits

C = TypeVar("C", bound="AttemptCounter")


def count_attempt(counters: models.QuerySet[C, C], limits: Limits) -> bool:
    """Count one attempt on the row that ``counters`` selects; return False if none is left."""
    now = clock.now()
    left, counted = _attempt(limits, now, now - limits.window, now + clock.MAX_SKEW)
    return bool(counters.filter(left).update(**counted))


class PreparedAttempt:
    """:func:`count_attempt` for the row of a primary key, as a prepared statement."""

    def __init__(self, model: type[AttemptCounter], limits: Limits) -> None:
        self.limits = limits
        moment = models.DateTimeField()
        names = ("now", "expired", "latest")
        left, counted = _attempt(limits, *(Param(name, moment) for name in names))
        self.update = PreparedUpdate(model, Q(pk=Param("pk", model._meta.pk)) & left, **counted)

    def count(self, pk: Any, now: datetime) -> bool:
        moments = {"now": now, "expired": now - self.limits.window, "latest": now + clock.MAX_SKEW}
        return bool(self.update.run(pk=pk, **moments))


def _attempt(limits: Limits, now: Any, expired: Any, latest: Any) -> tuple[Q, dict[str, Any]]:
    """Return the condition that an attempt is left, and what ``update()`` assigns to count it.

    A window ends when none was counted for its length. So any two attempts within that length are
    of one window, and no more than ``per_window`` are, wherever that length begins (exact, unlike
    a fixed window, which lets twice as many through at its edge).

    :param expired: a window whose last attempt was counted then or before has ended.
    :param latest: so has one whose last attempt was counted later, by a clock that is wrong.
    """
    past = Q(last_attempt_at__lte=expired) | Q(last_attempt_at__gt=latest)
    ended = Q(last_attempt_at=None) | past
    left = Q(failures__lt=limits.in_a_row) & (ended | Q(window_failures__lt=limits.per_window))
    # MySQL computes each assignment from what those before it have assigned, so the moment,
    # which the condition reads, comes last.
    return left, {
        "failures": F("failures") + 1,
        "window_failures": Case(When(ended, then=Value(1)), default=F("window_failures") + 1),
        "last_attempt_at": now,
    }
