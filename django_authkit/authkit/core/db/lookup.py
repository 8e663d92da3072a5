"""One row and its owner, by a unique column, with the SQL compiled once.

Building and compiling a query costs Django about twice what the database needs to answer
it. The two look-ups that every authenticated request makes never change, so their SQL is
kept and only the parameter is new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connections, models, router
from django.db.models.base import DEFERRED
from django.db.models.manager import BaseManager

M = TypeVar("M", bound=models.Model)
Row = list[Any]


class _Part(NamedTuple):
    """Which columns of a row make which instance."""

    model: type[models.Model]
    attnames: list[str]
    columns: slice
    pk_index: int
    deferred: list[int]

    def build(self, alias: str, row: Row) -> models.Model | None:
        values = row[self.columns]
        if values[self.pk_index] is None:
            return None
        for position in self.deferred:
            values.insert(position, DEFERRED)
        return self.model.from_db(alias, self.attnames, values)


class _Plan(NamedTuple):
    sql: str
    converters: list[tuple[int, list[Callable[..., Any]], Any]]
    base: _Part
    related: _Part
    private: list[int]


class CompiledLookup(Generic[M]):
    """Read one ``model`` row by the unique field ``field``, with the row its ``related`` names.

    Works like ``model._base_manager.select_related(related).filter(**{field: value}).first()``
    on the database that writes go to. Where the related model's default manager has a
    ``get_queryset`` of its own (it hides rows, or defers columns), that manager is asked for
    the related row instead, in a second query, and its refusal counts as "not found".

    Columns that ``defer`` names are read when somebody asks for them.

    Between :meth:`row` and :meth:`build` a row can be kept, in a cache say. Columns of the
    related model that are ``private`` are not kept, and come as deferred ones.
    """

    def __init__(
        self,
        model: type[M],
        field: str,
        related: str,
        *,
        defer: Sequence[str] = (),
        private: Sequence[str] = (),
    ) -> None:
        self.model = model
        self.defer = tuple(defer)
        self.private = frozenset(private)
        self.field: models.Field[Any, Any] = getattr(model, field).field
        self.related: models.ForeignKey[Any, Any] = getattr(model, related).field
        self._plans: dict[str, _Plan] = {}

    def get(self, value: Any) -> M | None:
        alias = router.db_for_write(self.model)
        if not self.is_one_query():
            return self._get_through_managers(alias, value)
        row = self._read(alias, value)
        return None if row is None else self._instance(alias, row)

    def is_one_query(self) -> bool:
        """Say whether rows are read here, and not by the related model's own manager."""
        manager = self.related.related_model._default_manager
        return type(manager).get_queryset is BaseManager.get_queryset

    def row(self, value: Any) -> list[Any] | None:
        """Return what :meth:`build` makes the instances of, as plain values; None if not found."""
        alias = router.db_for_write(self.model)
        row = self._read(alias, value)
        if row is not None:
            for position in self._plan(alias).private:
                row[position] = None
        return row

    def build(self, row: Row) -> M:
        """Return the instances of a row that :meth:`row` has returned."""
        alias = router.db_for_write(self.model)
        values = list(row)
        for position in self._plan(alias).private:
            values[position] = DEFERRED
        return self._instance(alias, values)

    def _read(self, alias: str, value: Any) -> list[Any] | None:
        plan = self._plan(alias)
        connection = connections[alias]
        parameter = self.field.get_db_prep_value(value, connection)
        with connection.cursor() as cursor:
            cursor.execute(plan.sql, {"value": parameter})
            row = cursor.fetchone()
        if row is None:
            return None
        values = list(row)
        for position, converters, expression in plan.converters:
            value = values[position]
            for converter in converters:
                value = converter(value, expression, connection)
            values[position] = value
        return values

    def _instance(self, alias: str, values: Row) -> M:
        plan = self._plan(alias)
        instance: Any = plan.base.build(alias, values)
        self.related.set_cached_value(instance, plan.related.build(alias, values))
        found: M = instance
        return found

    def _plan(self, alias: str) -> _Plan:
        return self._plans.get(alias) or self._compile(alias)

    def _compile(self, alias: str) -> _Plan:
        # A connection of its own that is never opened: what the compiler remembers of it
        # (its operations, in the converters) must not keep some thread's connection alive.
        connection = connections.create_connection(alias)
        queryset = (
            self.model._base_manager.using(alias)
            .select_related(self.related.name)
            .defer(*self.defer)
            .filter(**{self.field.name: self.field.get_default() or "x"})
            .order_by()
        )
        query = queryset.query
        query.get_compiler(connection=connection).as_sql()  # joins the tables
        # Its length is most of what it costs to hand a statement to a driver.
        query.change_aliases({alias: f"t{number}" for number, alias in enumerate(query.alias_map)})
        compiler = query.clone().get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        if len(params) != 1:
            raise TypeError(f"{self.model.__name__} cannot be looked up by one parameter: {sql}")
        converters: Any = compiler.get_converters([column[0] for column in compiler.select])
        info: Any = compiler.klass_info
        related = _part(info["related_klass_infos"][0], compiler.select)
        plan = _Plan(
            # By name, since Django looks for "%s" with a regular expression on SQLite, which
            # takes a third as long as the look-up.
            sql=sql.replace("%s", "%(value)s"),
            converters=[(position, *rest) for position, rest in converters.items()],
            base=_part(info, compiler.select),
            related=related,
            private=[
                related.columns.start + index
                for index, attname in enumerate(related.attnames)
                if attname in self.private
            ],
        )
        self._plans[alias] = plan
        return plan

    def _get_through_managers(self, alias: str, value: Any) -> M | None:
        instance = self.model._base_manager.using(alias).filter(**{self.field.name: value}).first()
        if instance is None:
            return None
        related_pk = getattr(instance, self.related.attname)
        related = None
        if related_pk is not None:
            manager = self.related.related_model._default_manager
            related = manager.using(alias).filter(pk=related_pk).first()
            if related is None:
                return None
        self.related.set_cached_value(instance, related)
        return instance


def _part(info: Any, select: Sequence[Any]) -> _Part:
    positions = info["select_fields"]
    columns = slice(positions[0], positions[-1] + 1)
    attnames = [column[0].target.attname for column in select[columns]]
    model = info["model"]
    fields = [field.attname for field in model._meta.concrete_fields]
    deferred = [position for position, name in enumerate(fields) if name not in attnames]
    return _Part(model, attnames, columns, attnames.index(model._meta.pk.attname), deferred)
