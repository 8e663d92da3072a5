"""Notices that the project's code reads a setting.

Django's settings keep every value that was read, until a setting is changed. So what was read since
it was forgotten is what they have kept.
"""

from __future__ import annotations

from django.conf import settings


def forget(name: str) -> None:
    vars(settings).pop(name, None)


def was_read(name: str) -> bool:
    return name in vars(settings)
