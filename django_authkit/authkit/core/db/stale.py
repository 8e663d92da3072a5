"""Rows that a restored backup has revived, for ``manage.py authkit_after_restore``.

A backup does not know what was ended or spent after it, and nothing in the database says which
rows these are. So all that is older than a moment ends.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q

Rows = models.QuerySet[Any, Any]

#: The reason that the events have.
REASON = "backup_restored"


class Stale(NamedTuple):
    """Rows that may be stale, and what ends a batch of them and returns how many there were.

    :param rows: the rows that are older than a moment, or all; none of them, once it has ended.
    :param participle: what is done to them, for the output.
    """

    name: str
    rows: Callable[[datetime | None], Rows]
    end: Callable[[Rows], int]
    participle: str


def older(before: datetime | None, column: str) -> Q:
    return Q() if before is None else Q(**{f"{column}__lte": before})


def delete(rows: Rows) -> int:
    return rows.delete()[0]
