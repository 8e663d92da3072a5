"""Whether a refresh stays as cheap when the table of sessions is large."""

from __future__ import annotations

from collections.abc import Iterator

from authkit.models import Session
from django.db import connection

from benchmarks import targets
from benchmarks.cases import Case
from benchmarks.measure import measure

#: What a refresh may cost beside them, of what it costs in a small table.
FLAT = 1.10

NEW_ID = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}


def refresh_beside(sessions: int, cases: list[Case], rounds: int) -> Iterator[str]:
    """Yield the verdict on a refresh beside so many sessions; nothing if none are wanted."""
    if not sessions:
        return
    refresh = [case for case in cases if case.group == "floor" or case.name == "authkit refresh"]
    small = measure(refresh, rounds)[-1].added
    _fill(sessions)
    large = measure(refresh, rounds)[-1].added
    yield targets.verdict(f"refresh beside {sessions:,} sessions", large / small, FLAT, "x")


def _fill(sessions: int) -> None:
    """Copy the rows, under new ids, until there are so many."""
    columns = [connection.ops.quote_name(field.column) for field in Session._meta.concrete_fields]
    new_id = NEW_ID[connection.vendor]
    table = connection.ops.quote_name(Session._meta.db_table)
    missing = sessions - Session.objects.count()
    with connection.cursor() as cursor:
        while missing > 0:
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) "
                f"SELECT {', '.join([new_id, *columns[1:]])} FROM {table} LIMIT {missing}"
            )
            missing -= cursor.rowcount
        cursor.execute("ANALYZE")
