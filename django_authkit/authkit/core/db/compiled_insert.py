"""One INSERT of one row, with the SQL written once; see ``compiled_update``."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django.db import connections, models, router
from django.db.models.constants import OnConflict

M = TypeVar("M", bound=models.Model)


class CompiledInsert(Generic[M]):
    """``INSERT INTO <model>``, all columns, to the database that writes go to.

    Like ``instance.save(force_insert=True)`` for a model without parents whose primary key
    the instance already has, but Django's ``pre_save`` and ``post_save`` are not sent.

    :param unless_there: write nothing where the primary key, or what is unique, is taken.
    """

    def __init__(self, model: type[M], *, unless_there: bool = False) -> None:
        self.model = model
        self.on_conflict = OnConflict.IGNORE if unless_there else None
        self.fields: list[models.Field[Any, Any]] = list(model._meta.local_concrete_fields)
        self._sql: dict[str, str] = {}

    def run(self, instance: M) -> M:
        """Write the instance's row and return the instance, now saved."""
        self.try_run(instance)
        return instance

    def try_run(self, instance: M) -> bool:
        """Write the instance's row; return False where there was one and it was left alone."""
        alias = router.db_for_write(self.model, instance=instance)
        connection = connections[alias]
        parameters = [
            field.get_db_prep_save(field.pre_save(instance, add=True), connection)
            for field in self.fields
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._sql.get(alias) or self._write(alias), parameters)
            written = bool(cursor.rowcount)
        instance._state.adding = False
        instance._state.db = alias
        return written

    def _write(self, alias: str) -> str:
        operations = connections[alias].ops
        quote = operations.quote_name
        columns = ", ".join(quote(str(field.column)) for field in self.fields)
        values = ", ".join(["%s"] * len(self.fields))
        insert = operations.insert_statement(on_conflict=self.on_conflict)
        suffix = operations.on_conflict_suffix_sql(self.fields, self.on_conflict, [], [])
        table = quote(self.model._meta.db_table)
        sql = f"{insert} {table} ({columns}) VALUES ({values}) {suffix}"
        self._sql[alias] = sql
        return sql
