"""Values of settings as code, for the reference page and ``manage.py authkit_settings``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

UNITS = {unit: timedelta(**{unit: 1}) for unit in ("days", "hours", "minutes", "seconds")}


def as_python(value: Any) -> str:
    """Return what to type for a value.

    >>> print(as_python(timedelta(minutes=30)), as_python("ak"), as_python([]))
    timedelta(minutes=30) "ak" []
    """
    code = repr(value)
    if code == f"'{value}'":
        return f'"{value}"'
    if isinstance(value, datetime):
        return code.removeprefix("datetime.").replace("datetime.timezone.utc", "UTC")
    if not isinstance(value, timedelta):
        return code
    for unit, length in UNITS.items():
        if value and not value % length:
            return f"timedelta({unit}={value // length})"
    return code.removeprefix("datetime.")
