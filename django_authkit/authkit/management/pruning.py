"""What ``manage.py authkit_prune`` deletes: the growing tables and their expired rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import chain, islice
from typing import Any

from django.contrib.auth import get_user_model
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
from authkit.passwords.checking.attempts import KNOWN_FOR
from authkit.passwords.models import PasswordAttempts, accounts_of
from authkit.sessions.models import Session
from authkit.tickets.models import Ticket

Rows = models.QuerySet[Any, Any]

#: How long a row must have expired before it is deleted (clock skew between servers).
MARGIN = timedelta(days=1)

#: For how long wrong passwords for a name that no account has are kept after the last of them.
#: Until then the name is limited, and locked, as an account is (user enumeration).
UNKNOWN_NAMES_KEPT = timedelta(days=90)

#: How many names of users are digested and looked for at once.
NAMES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Prunable:
    """The rows of a table that can be deleted, and the indexed column that pages through them.

    :param by: the primary key, or the timestamp that alone decides.
    :param batches: what yields the batches, where more than the condition decides.
    """

    model: type[models.Model]
    condition: Callable[[], Q]
    by: str = "pk"
    batches: Callable[[Rows, str, int], Iterator[Rows]] | None = None

    def rows(self) -> Rows:
        # Not by the manager: that of events is append-only. From the primary, not a replica.
        rows: Rows = models.QuerySet(self.model)
        return rows.using(router.db_for_write(self.model)).filter(self.condition())


def _ended_sessions() -> Q:
    # pending_until is NULL once the second factor has been verified.
    return Q(revoked_at__lt=_past()) | Q(pending_until__lt=_past())


def _forgiven_attempts() -> Q:
    # Failures since the last success count towards the lockout, however old they are.
    forgiven = Q(failures=0) & (Q(window_failures=0) | Q(last_attempt_at__lt=_past()))
    unknown = Q(proved_at=None) | Q(proved_at__lt=_past() - KNOWN_FOR)
    return forgiven & unknown


def _stale_attempts() -> Q:
    return Q(last_attempt_at__lt=clock.now() - UNKNOWN_NAMES_KEPT)


def _batches_of_unknown_names(rows: Rows, by: str, size: int) -> Iterator[Rows]:
    """Yield the stale counters of names that no account has.

    Those of accounts stay, however old they are: they count towards the lockout. The rows do not
    say whose they are, so the names of all users are digested.
    """
    known = _known_accounts(rows)
    page = rows
    while found := list(page.order_by(by).values_list(by, "account")[:size]):
        if unknown := [pk for pk, account in found if account not in known]:
            yield rows.filter(pk__in=unknown)
        page = rows.filter(pk__gt=found[-1][0])


def _known_accounts(rows: Rows) -> set[str]:
    """Return which of the digests of accounts in ``rows`` are those of users."""
    model = get_user_model()
    users: Rows = models.QuerySet(model).using(router.db_for_write(model)).order_by("pk")
    names = users.values_list(model.USERNAME_FIELD, flat=True).iterator(chunk_size=NAMES_AT_ONCE)
    known: set[str] = set()
    while chunk := [str(name) for name in islice(names, NAMES_AT_ONCE)]:
        own = rows.filter(account__in=set(chain(*accounts_of(chunk))))
        known.update(own.values_list("account", flat=True))
    return known


PRUNABLE: Mapping[str, Prunable] = {
    # idle_expires_at never exceeds absolute_expires_at.
    "sessions that ran out": Prunable(
        Session, lambda: Q(idle_expires_at__lt=_past()), by="idle_expires_at"
    ),
    "sessions that were ended": Prunable(Session, _ended_sessions),
    "counts of wrong passwords": Prunable(PasswordAttempts, _forgiven_attempts),
    "counts of wrong passwords for unknown names": Prunable(
        PasswordAttempts, _stale_attempts, batches=_batches_of_unknown_names
    ),
    "counts of requests": Prunable(RequestCount, lambda: Q(ends_at__lt=_past()), by="ends_at"),
    "tokens sent by mail": Prunable(
        OneTimeLink, lambda: Q(expires_at__lt=_past()), by="expires_at"
    ),
    "registrations": Prunable(Registration, lambda: Q(expires_at__lt=_past()), by="expires_at"),
    "tickets": Prunable(Ticket, lambda: Q(created_at__lt=_past()), by="created_at"),
    "security events": Prunable(
        SecurityEvent,
        lambda: Q(created_at__lt=clock.now() - conf.EVENT_RETENTION),
        by="created_at",
    ),
}


def prune(table: Prunable, batch_size: int) -> int:
    """Delete expired rows in batches; return their number. Idempotent.

    Each batch is one statement, or a transaction if the project has foreign keys to the table,
    which keeps locks short. Race condition: each statement repeats the condition, so a session
    that is refreshed after it was selected stays.
    """
    batches = table.batches or (batches_by_key if table.by == "pk" else _batches_by_range)
    return sum(_delete(batch) for batch in batches(table.rows(), table.by, batch_size))


def batches_by_key(rows: Rows, by: str, size: int) -> Iterator[Rows]:
    page = rows
    while keys := list(page.order_by(by).values_list(by, flat=True)[:size]):
        yield rows.filter(pk__in=keys)
        page = rows.filter(pk__gt=keys[-1])


def _batches_by_range(rows: Rows, by: str, size: int) -> Iterator[Rows]:
    """Yield ranges of the timestamp that the condition compares; every row in them can go.

    A range costs a tenth of a list of keys. Rows with an equal timestamp are in one batch.
    """
    page = rows
    while ends := list(page.order_by(by).values_list(by, flat=True)[size - 1 : size]):
        yield page.filter(**{f"{by}__lte": ends[0]})
        page = rows.filter(**{f"{by}__gt": ends[0]})
    yield page


def _delete(rows: Rows) -> int:
    if any(get_candidate_relations_to_delete(rows.model._meta)):
        return atomic_with_retry(partial(_delete_with_relations, rows), rows.model)
    return retry_on_conflict(partial(_delete_raw, rows), rows.model)


def _delete_raw(rows: Rows) -> int:
    # delete() would select the rows and drop the condition if post_delete has receivers.
    return int(rows._raw_delete(rows.db))


def _delete_with_relations(rows: Rows) -> int:
    """Delete rows that foreign keys of the project may reference."""
    # Race condition: delete() drops the condition, so the selected rows are locked first.
    list(rows.select_for_update().values_list("pk"))
    _, numbers = rows.delete()
    return numbers.get(rows.model._meta.label, 0)


def _past() -> Any:
    return clock.now() - MARGIN
