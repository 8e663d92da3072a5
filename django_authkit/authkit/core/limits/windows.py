"""Fixed windows of time: one UPDATE counts, and decides whether there is one left.

A compare-and-set, so any number of concurrent requests stays within the limit.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, Q, QuerySet, Value, When

from authkit.core import clock
from authkit.core.limits.rates import Rate


def increment_or_reset(over: Q, *, count: str, moment: str, anew: Any) -> dict[str, Case]:
    """Return what ``update()`` assigns: one more, or the first of a new window.

    :param over: the rows whose window has ended. It may read both columns.
    :param count: the column that counts.
    :param moment: the column that says when the window began, or when it ends.
    :param anew: that moment of a new window, or an expression for it.
    """
    # MySQL computes each assignment from what those before it have assigned, so the moment,
    # which the condition reads, comes last.
    return {
        count: Case(When(over, then=Value(1)), default=F(count) + 1),
        moment: Case(When(over, then=anew), default=F(moment)),
    }


def count_use(rows: QuerySet[Any], rate: Rate, *, count: str, moment: str) -> bool:
    """Count one use on the row that ``rows`` selects; return False if the rate leaves none.

    :param count: the column that counts.
    :param moment: the column that says when the window began.
    """
    now = clock.now()
    over = Q(**{moment: None}) | Q(**{f"{moment}__lte": now - rate.period})
    left = over | Q(**{f"{count}__lt": rate.number})
    window = increment_or_reset(over, count=count, moment=moment, anew=now)
    return bool(rows.filter(left).update(**window))
