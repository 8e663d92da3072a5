"""The two statements that limit attempts, with the SQL written once; see ``compiled_update``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connections, models, router
from django.db.models import Value

from authkit.core import clock
from authkit.core.db.retry import retry_on_conflict
from authkit.core.limits.models import AttemptCounter
from authkit.core.limits.rates import Limits

# The start of the window, which the conditions read, comes last: see ``windows``.
_COUNT = """
UPDATE {table} SET failures = failures + 1,
window_failures = CASE WHEN window_started_at IS NULL OR window_started_at <= %s
THEN 1 ELSE window_failures + 1 END,
window_started_at = CASE WHEN window_started_at IS NULL OR window_started_at <= %s
THEN %s ELSE window_started_at END
WHERE id = %s AND failures < %s
AND (window_started_at IS NULL OR window_started_at <= %s OR window_failures < %s)
"""

_SUM = """
SELECT COALESCE(SUM(failures), 0),
COALESCE(SUM(CASE WHEN place = %s THEN failures ELSE 0 END), 0),
COALESCE(SUM(CASE WHEN place = %s AND window_started_at > %s THEN window_failures ELSE 0 END), 0),
MIN(CASE WHEN place = %s AND window_started_at > %s THEN window_started_at END)
FROM {table} WHERE account = %s
"""


class CompiledAttempts:
    """Counts on one row, and sums the rows of an account.

    :param model: has the columns ``id``, ``account`` and ``place`` beside those of a counter.
    """

    def __init__(self, model: type[AttemptCounter]) -> None:
        self.model = model
        self.started: Any = model._meta.get_field("window_started_at")

    def count(self, pk: str, limits: Limits) -> bool:
        """Do what :func:`authkit.core.limits.attempts.count_attempt` does."""
        now = clock.now()
        present, expired = self._prepared(now), self._prepared(now - limits.window)
        window = [expired, expired, present]
        parameters = [*window, pk, limits.in_a_row, expired, limits.per_window]

        def execute() -> bool:
            with self._connection().cursor() as cursor:
                cursor.execute(self._sql(_COUNT), parameters)
                return bool(cursor.rowcount)

        return retry_on_conflict(execute, self.model)

    def sums(self, account: str, place: str, since: datetime) -> tuple[int, int, int, Any]:
        """Return the failures of all places, of this one, and of its windows that began ``since``.

        Last, when the earliest of those windows began, or None.
        """
        moment = self._prepared(since)
        with self._connection().cursor() as cursor:
            cursor.execute(self._sql(_SUM), [place, place, moment, place, moment, account])
            everywhere, here, recent, began = cursor.fetchone()
        return int(everywhere), int(here), int(recent), self._converted(began)

    def _connection(self) -> Any:
        return connections[router.db_for_write(self.model)]

    def _sql(self, template: str) -> str:
        table = self._connection().ops.quote_name(self.model._meta.db_table)
        return template.format(table=table)

    def _prepared(self, moment: datetime) -> Any:
        return self.started.get_db_prep_value(moment, self._connection())

    def _converted(self, value: Any) -> Any:
        connection = self._connection()
        expression = Value(None, output_field=models.DateTimeField())
        for convert in connection.ops.get_db_converters(expression):
            value = convert(value, expression, connection)
        return value
