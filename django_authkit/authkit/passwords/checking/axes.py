"""What django-axes leaves on a request that it refused. The package itself is not needed."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest

#: For a cool-off that is computed, or that only an administrator ends.
DEFAULT_WAIT = timedelta(hours=1)


def take_lockout(request: HttpRequest) -> int | None:
    """Return for how many seconds django-axes keeps this client out, or None if it does not.

    It removes the mark, so that axes' middleware does not replace our answer with its page.
    """
    if not getattr(request, "axes_locked_out", False):
        return None
    request.axes_locked_out = False  # type: ignore[attr-defined]  # axes' own attribute
    cool_off = getattr(settings, "AXES_COOLOFF_TIME", None)
    if isinstance(cool_off, int | float):
        cool_off = timedelta(hours=cool_off)
    if not isinstance(cool_off, timedelta):
        cool_off = DEFAULT_WAIT
    return int(cool_off.total_seconds())
