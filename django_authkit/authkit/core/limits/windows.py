"""Counting one more in a window of time, in the UPDATE that decides whether there is one left."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, Q, Value, When


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
