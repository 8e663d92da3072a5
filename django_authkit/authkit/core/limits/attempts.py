"""Counting guesses so that any number of them at once stays within the limits.

An attempt is counted before it is judged, by one conditional UPDATE, and forgiven when it
was right. What is counted, and where, is for the model that has these columns.
"""

from __future__ import annotations

from typing import TypeVar

from django.db import models
from django.db.models import F, Q

from authkit.core import clock
from authkit.core.limits.models import AttemptCounter
from authkit.core.limits.rates import Limits
from authkit.core.limits.windows import increment_or_reset

C = TypeVar("C", bound="AttemptCounter")


def count_attempt(counters: models.QuerySet[C, C], limits: Limits) -> bool:
    """Count one attempt on the row that ``counters`` selects; return False if none is left."""
    now = clock.now()
    expired = Q(window_started_at=None) | Q(window_started_at__lte=now - limits.window)
    allowed = Q(failures__lt=limits.in_a_row) & (expired | Q(window_failures__lt=limits.per_window))
    window = increment_or_reset(
        expired, count="window_failures", moment="window_started_at", anew=now
    )
    return bool(counters.filter(allowed).update(failures=F("failures") + 1, **window))
