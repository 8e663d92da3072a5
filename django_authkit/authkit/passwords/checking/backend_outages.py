"""Outages of authentication backends: ``authenticate()`` raises all but PermissionDenied."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from inspect import unwrap
from itertools import pairwise
from traceback import walk_tb
from typing import Any

from django.contrib.auth import authenticate
from rest_framework.exceptions import APIException

from authkit.core.counted_log import log_counted
from authkit.errors import HashingBusy, ServiceUnavailable

logger = logging.getLogger("authkit.backends")

_ASKING = unwrap(authenticate).__code__


def failed_before_check(error: Exception, asked: Sequence[Any]) -> bool:
    """Say whether ``authenticate()`` failed before a backend could compare the password.

    It did if the first backend raised an outage, not a refusal. What is raised later, by another
    backend or by a receiver of ``user_login_failed``, comes after a comparison: not to count
    that attempt would allow brute force during an outage.

    :param asked: the backends that are asked, in their order.
    """
    if isinstance(error, HashingBusy):
        return True
    if isinstance(error, APIException) and error.status_code < 500:
        return False
    return bool(asked) and _raised_by(error, type(asked[0]))


def as_unavailable(error: Exception, asked: Sequence[Any]) -> ServiceUnavailable | None:
    """Return what a request is answered with whose backend reached nothing; None for other errors.

    A refused connection and a timeout are both ``OSError``.
    """
    if not isinstance(error, OSError) or not _raised_by(error, *map(type, asked)):
        return None
    log_counted(logger, logging.ERROR, "An authentication backend failed; answered 503.", error)
    return ServiceUnavailable()


def _raised_by(error: Exception, *backends: type) -> bool:
    # Django does not say which backend it has asked, and the traceback does.
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    return any(
        caller.f_code is _ASKING and type(called.f_locals.get("self")) in backends
        for caller, called in pairwise(frames)
    )
