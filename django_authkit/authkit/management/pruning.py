"""What ``manage.py authkit_prune`` deletes: tables that grow, and what each can do without."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import models, router
from django.db.models import Q
from django.db.models.deletion import get_candidate_relations_to_delete

from authkit.accounts.models import Registration
from authkit.conf import conf
from authkit.core import clock
from authkit.core.db.retry import atomic_with_retry, retry_on_conflict
from authkit.core.identity.models import OneTimeLink
from authkit.core.limits.models import RequestCount
from authkit.events.models import SecurityEvent
from authkit.passwords.models import PasswordAttempts
from authkit.sessions.models import Session

Rows = models.QuerySet[Any, Any]

#: How long something must be over before it goes, for servers whose clocks differ.
MARGIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Prunable:
    """The rows of a table that can go, and the indexed column by which they are walked through.

    :param by: the primary key, or the moment that alone decides.
    """

    model: type[models.Model]
    condition: Callable[[], Q]
    by: str = "pk"

    def rows(self) -> Rows:
        # Not by the manager: that of the events deletes none. Where it is written it is read.
        rows: Rows = models.QuerySet(self.model)
        return rows.using(router.db_for_write(self.model)).filter(self.condition())


def _ended_sessions() -> Q:
    # One that has been completed waits for nothing any more.
    return Q(revoked_at__lt=_past()) | Q(pending_until__lt=_past())


def _forgiven_attempts() -> Q:
    # Whatever has failed since the last success counts towards the hundred in a row, however
    # long ago.
    return Q(failures=0, window_failures=0)


PRUNABLE: Mapping[str, Prunable] = {
    # None is idle longer than it lives.
    "sessions that ran out": Prunable(
        Session, lambda: Q(idle_expires_at__lt=_past()), by="idle_expires_at"
    ),
    "sessions that were ended": Prunable(Session, _ended_sessions),
    "counts of wrong passwords": Prunable(PasswordAttempts, _forgiven_attempts),
    "counts of requests": Prunable(RequestCount, lambda: Q(ends_at__lt=_past()), by="ends_at"),
    "tokens sent by mail": Prunable(
        OneTimeLink, lambda: Q(expires_at__lt=_past()), by="expires_at"
    ),
    "registrations": Prunable(Registration, lambda: Q(expires_at__lt=_past()), by="expires_at"),
    "security events": Prunable(
        SecurityEvent,
        lambda: Q(created_at__lt=clock.now() - conf.EVENT_RETENTION),
        by="created_at",
    ),
}


def prune(table: Prunable, batch_size: int) -> int:
    """Delete what can go, so many rows at a time, and return how many there were.

    Each batch is a statement of its own, or a transaction where the project has foreign keys to
    the table, so nothing is locked for longer. It repeats the condition: a session that is
    refreshed after it was chosen stays.
    """
    batches = _chosen_by_key if table.by == "pk" else _ranges
    return sum(_delete(batch) for batch in batches(table.rows(), table.by, batch_size))


def _chosen_by_key(rows: Rows, by: str, size: int) -> Iterator[Rows]:
    page = rows
    while keys := list(page.order_by(by).values_list(by, flat=True)[:size]):
        yield rows.filter(pk__in=keys)
        page = rows.filter(pk__gt=keys[-1])


def _ranges(rows: Rows, by: str, size: int) -> Iterator[Rows]:
    """Choose by the moment that the condition is about: in between there is nothing that stays.

    A range costs a tenth of what a list of keys does. What has one moment is in one batch.
    """
    page = rows
    while ends := list(page.order_by(by).values_list(by, flat=True)[size - 1 : size]):
        yield page.filter(**{f"{by}__lte": ends[0]})
        page = rows.filter(**{f"{by}__gt": ends[0]})
    yield page


def _delete(rows: Rows) -> int:
    if any(get_candidate_relations_to_delete(rows.model._meta)):
        return atomic_with_retry(partial(_delete_as_foreign_keys_say, rows), rows.model)
    return retry_on_conflict(partial(_delete_at_once, rows), rows.model)


def _delete_at_once(rows: Rows) -> int:
    # delete() would read the rows and drop the condition if somebody listened to post_delete.
    return int(rows._raw_delete(rows.db))


def _delete_as_foreign_keys_say(rows: Rows) -> int:
    """Delete rows that the project's own may point at."""
    # Locked, since delete() drops the condition: what is chosen stays over until it is gone.
    list(rows.select_for_update().values_list("pk"))
    _, numbers = rows.delete()
    return numbers.get(rows.model._meta.label, 0)


def _past() -> Any:
    return clock.now() - MARGIN
