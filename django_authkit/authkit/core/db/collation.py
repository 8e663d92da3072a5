from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connections, models, router


def sort_keys(column: models.Field[Any, Any], texts: Sequence[str]) -> list[str]:
    """Return a key for each text; texts that the database takes for equal in this column share it.

    MySQL compares letters by the collation of the column, where accents, capitals, circled
    letters and the digits of all scripts may be equal, so it is asked. Other databases compare
    text exactly, as long as the column has no collation of its own.
    """
    alias = router.db_for_write(column.model)
    connection = connections[alias]
    if connection.vendor != "mysql" or not texts:
        return list(texts)
    named = _collation(alias, column.model._meta.db_table, str(column.column))
    if named is None:
        return list(texts)
    charset, collation = named
    # No SQL injection: charset and collation are names from the database, the text a parameter.
    key = f"HEX(WEIGHT_STRING(CONVERT(%s USING {charset}) COLLATE {collation}))"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([key] * len(texts))}", list(texts))
        return [str(value) for value in cursor.fetchone()]


@lru_cache(maxsize=4)
def _collation(alias: str, table: str, column: str) -> tuple[str, str] | None:
    """Return the charset and the collation of a column; None for a column without text."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLUMNS"
            " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s AND COLUMN_NAME = %s",
            [table, column],
        )
        charset, collation = cursor.fetchone()
    return None if charset is None else (str(charset), str(collation))
