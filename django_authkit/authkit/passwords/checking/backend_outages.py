"""Outages of authentication backends: ``authenticate()`` raises all but PermissionDenied."""

from __future__ import annotations

from inspect import unwrap
from itertools import pairwise
from traceback import walk_tb

from django.contrib.auth import authenticate, get_backends
from rest_framework.exceptions import APIException

from authkit.errors import HashingBusy

_ASKING = unwrap(authenticate).__code__


def failed_before_check(error: Exception) -> bool:
    """Say whether ``authenticate()`` failed before a backend could compare the password.

    It did if the first backend raised an outage, not a refusal. What is raised later, by another
    backend or by a receiver of ``user_login_failed``, comes after a comparison: not to count
    that attempt would allow brute force during an outage.
    """
    if isinstance(error, HashingBusy):
        return True
    if isinstance(error, APIException) and error.status_code < 500:
        return False
    first = type(get_backends()[0])
    # Django does not say which backend it has asked, and the traceback does.
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    return any(
        caller.f_code is _ASKING and type(asked.f_locals.get("self")) is first
        for caller, asked in pairwise(frames)
    )
