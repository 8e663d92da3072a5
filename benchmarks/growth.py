"""Whether a refresh and a key stay as cheap when their tables are large."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from authkit.models import APIKey, Session
from django.contrib.auth.models import User
from django.db import connection, models

from benchmarks import targets
from benchmarks.cases import BOUND, Case, bound_case
from benchmarks.measure import measure

#: What it may cost in a large table, of what it costs in a small one.
FLAT = 1.10

#: Its table stays as it is, so that what it costs tells how slow the machine is at the time.
STEADY = "HasAPIKey"

#: What has to be another in every row; ``i`` is its number.
NEW_VALUES = {
    "postgresql": {"id": "gen_random_uuid()", "prefix": "lpad(i::text, 8, '0')"},
    "sqlite": {"id": "lower(hex(randomblob(16)))", "prefix": "printf('%08d', i)"},
}


def refresh_beside(sessions: int, cases: list[Case], rounds: int) -> Iterator[str]:
    """Yield the verdict on a refresh beside so many sessions; nothing if none are wanted."""
    if not sessions:
        return
    few = _cost("authkit refresh", cases, rounds)
    _fill(Session, sessions)
    many = _cost("authkit refresh", cases, rounds)
    yield targets.verdict(f"refresh beside {sessions:,} sessions", many / few, FLAT, "x")


def key_among(
    sizes: Sequence[int], users: list[User], cases: list[Case], rounds: int
) -> Iterator[str]:
    """Yield the verdicts on a key among so many, beside the first of these numbers."""
    if not sizes:
        return
    APIKey.objects.all().delete()
    cases = [*(case for case in cases if case.name != BOUND), bound_case(users[: sizes[0]])]
    _fill(APIKey, sizes[0])
    few = _cost(BOUND, cases, rounds)
    for size in sizes[1:]:
        _fill(APIKey, size)
        many = _cost(BOUND, cases, rounds)
        yield targets.verdict(f"key among {size:,}, beside {sizes[0]:,}", many / few, FLAT, "x")


def _cost(name: str, cases: list[Case], rounds: int) -> float:
    wanted = [case for case in cases if case.group == "floor" or case.name in (name, STEADY)]
    added = {result.name: result.added for result in measure(wanted, rounds)}
    return added[name] / added[STEADY]


def _fill(model: type[models.Model], size: int) -> None:
    """Copy the rows, with new values for what is unique, until there are so many."""
    quote = connection.ops.quote_name
    new = NEW_VALUES[connection.vendor]
    table = quote(model._meta.db_table)
    columns = [field.column for field in model._meta.concrete_fields]
    quoted = [quote(column) for column in columns]
    values = [new.get(column, quote(column)) for column in columns]
    with connection.cursor() as cursor:
        count = model._base_manager.count()
        while count < size:
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(quoted)}) SELECT {', '.join(values)} FROM "
                f"(SELECT *, {count} + row_number() OVER () AS i FROM {table}) AS copied "
                f"LIMIT {size - count}"
            )
            count += cursor.rowcount
        cursor.execute("ANALYZE")
