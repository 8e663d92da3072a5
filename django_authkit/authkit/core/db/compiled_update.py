"""One conditional UPDATE of one row, with the SQL written once.

What can be spent or moved on is decided by such an UPDATE. Building it through the ORM
takes longer than running it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections, models, router

from authkit.core.db.retry import retry_on_conflict


class CompiledUpdate:
    """``UPDATE <model> SET <assigns> WHERE <equals> AND <null> IS NULL AND <after> > ...``.

    :param assigns: the fields to set.
    :param equals: the fields that must have the values given.
    :param null: the fields that must be NULL.
    :param after: the fields that must be greater than the values given.
    """

    def __init__(
        self,
        model: type[models.Model],
        *,
        assigns: Sequence[str],
        equals: Sequence[str],
        null: Sequence[str] = (),
        after: Sequence[str] = (),
    ) -> None:
        self.model = model
        self.assigns = fields_of(model, assigns)
        self.equals = fields_of(model, equals)
        self.null = fields_of(model, null)
        self.after = fields_of(model, after)
        self._sql: dict[str, str] = {}

    def run(
        self,
        assign: Mapping[str, Any],
        *,
        where: Mapping[str, Any],
        after: Mapping[str, Any] | None = None,
    ) -> bool:
        """Say whether the row was as required, and so has been changed."""
        alias = router.db_for_write(self.model)
        connection = connections[alias]
        sql = self._sql.get(alias) or self._write(alias)
        parameters = [
            field.get_db_prep_save(values[field.name], connection)
            for fields, values in (
                (self.assigns, assign),
                (self.equals, where),
                (self.after, after or {}),
            )
            for field in fields
        ]

        def execute() -> bool:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return bool(cursor.rowcount)

        return retry_on_conflict(execute, self.model)

    def _write(self, alias: str) -> str:
        quote = connections[alias].ops.quote_name
        conditions = [
            *(f"{quote(str(field.column))} = %s" for field in self.equals),
            *(f"{quote(str(field.column))} IS NULL" for field in self.null),
            *(f"{quote(str(field.column))} > %s" for field in self.after),
        ]
        assignments = ", ".join(f"{quote(str(field.column))} = %s" for field in self.assigns)
        table = quote(self.model._meta.db_table)
        sql = f"UPDATE {table} SET {assignments} WHERE {' AND '.join(conditions)}"  # noqa: S608 (names from the model alone)
        self._sql[alias] = sql
        return sql


def fields_of(model: type[models.Model], names: Sequence[str]) -> list[models.Field[Any, Any]]:
    """Return the columns of these names."""
    columns = {field.name: field for field in model._meta.concrete_fields}
    return [columns[name] for name in names]
