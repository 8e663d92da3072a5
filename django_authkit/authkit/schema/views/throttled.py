"""Tells whether a view may answer 429."""

from __future__ import annotations

from typing import Any

from rest_framework.throttling import BaseThrottle, ScopedRateThrottle
from rest_framework.views import APIView

from authkit.schema.sandbox.answers import host_errors


def is_throttled(view: APIView) -> bool:
    """Tell whether a throttle of *view* can ever stop a request. Raises nothing."""
    try:
        return any(_can_stop(throttle, view) for throttle in view.get_throttles())
    except host_errors():  # a throttle without a rate says so by raising; in requests too
        return False


def _can_stop(throttle: BaseThrottle, view: APIView) -> bool:
    if isinstance(throttle, ScopedRateThrottle):
        scope: Any = getattr(view, throttle.scope_attr, None)
        return bool(scope) and throttle.THROTTLE_RATES.get(scope) is not None
    return getattr(throttle, "rate", "") is not None
