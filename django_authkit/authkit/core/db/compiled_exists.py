"""Whether there is a row, with the SQL written once; see ``compiled_update``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections, models, router

from authkit.core.db.compiled_update import fields_of


class CompiledExists:
    """``SELECT 1 FROM <model> WHERE <equals> LIMIT 1``, on the database that writes go to.

    :param equals: the fields that must have the values given.
    """

    def __init__(self, model: type[models.Model], *, equals: Sequence[str]) -> None:
        self.model = model
        self.equals = fields_of(model, equals)
        self._sql: dict[str, str] = {}

    def run(self, where: Mapping[str, Any]) -> bool:
        """Say whether a row has these values."""
        alias = router.db_for_write(self.model)
        connection = connections[alias]
        parameters = [
            field.get_db_prep_save(where[field.name], connection) for field in self.equals
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._sql.get(alias) or self._write(alias), parameters)
            return cursor.fetchone() is not None

    def _write(self, alias: str) -> str:
        quote = connections[alias].ops.quote_name
        conditions = " AND ".join(f"{quote(str(field.column))} = %s" for field in self.equals)
        sql = f"SELECT 1 FROM {quote(self.model._meta.db_table)} WHERE {conditions} LIMIT 1"  # noqa: S608 (names from the model alone)
        self._sql[alias] = sql
        return sql
