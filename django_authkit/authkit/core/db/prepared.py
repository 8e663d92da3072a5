"""Prepared statements: Django compiles them once per database, and they run with new values.

Building and compiling a query costs Django about twice what the database needs to answer it.
The statements of an authenticated request, a refresh, a log-out and a counted password never
change, so the SQL that Django's own compiler writes is kept, and only the values are new.

Risk: compiled queries are no documented interface of Django, and this module alone uses what
belongs to them. Where a name has moved, or a statement does not compile, a warning is logged and
the same statement runs through the ORM, with the same result, at the ORM's price. The names are
listed in ``tests/core/db/test_prepared.py``, which fails for each that is missing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from types import SimpleNamespace
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import Error, connections, models, router
from django.db.models import DEFERRED, Expression, Q, Value, sql
from django.db.models.manager import BaseManager

from authkit.core.db.retry import retry_on_conflict

M = TypeVar("M", bound=models.Model)
Row = list[Any]
Values = Mapping[str, Any]

logger = logging.getLogger("authkit.prepared")

#: The values of a statement that runs through the ORM.
_bound: ContextVar[Values | None] = ContextVar("authkit_bound", default=None)


class Param(Expression):
    """A value that a prepared statement is given by name, each time that it runs.

    :param output_field: the type of its column, as in Django's own expressions. One name has
        one type. None is SQL's NULL: it can be assigned, and no condition is true of it.
    """

    def __init__(self, name: str, output_field: Any) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        values = _bound.get()
        if values is None:
            return "%s", [self]
        return Value(values[self.name], self.output_field).as_sql(compiler, connection)


def params(name: str, number: int, output_field: Any) -> list[Param]:
    """Return a parameter for each of several values, for a condition with ``__in``."""
    return [Param(f"{name}{index}", output_field) for index in range(number)]


def bound(name: str, values: Sequence[Any]) -> dict[str, Any]:
    """Return the values of :func:`params` by the names of the parameters."""
    return {f"{name}{index}": value for index, value in enumerate(values)}


class _Sql(NamedTuple):
    """A statement, the fields that prepare its parameters, and its constants."""

    text: str
    fields: list[tuple[str, models.Field[Any, Any]]]
    constants: dict[str, Any]

    @classmethod
    def of(cls, text: str, params: Sequence[Any]) -> _Sql:
        fields, constants, names = {}, {}, []
        for number, param in enumerate(params):
            if isinstance(param, Param):
                names.append(param.name)
                fields[param.name] = param.output_field
            else:
                names.append(f"constant{number}")
                constants[names[-1]] = param
        # By name, since Django looks for "%s" with a regular expression on SQLite, which
        # takes a third as long as a look-up.
        first, *others = text.split("%s")
        named = [f"%({name})s{rest}" for name, rest in zip(names, others, strict=True)]
        return cls("".join([first, *named]), list(fields.items()), constants)

    def bind(self, connection: Any, values: Values) -> dict[str, Any]:
        """Return the parameters of one run."""
        return self.constants | {
            name: field.get_db_prep_save(values[name], connection) for name, field in self.fields
        }


class _Statement(Generic[M]):
    """What is compiled once per alias. It reads and writes the primary."""

    def __init__(self, model: type[M]) -> None:
        self.model = model
        self._plans: dict[str, Any] = {}

    def is_prepared(self) -> bool:
        """Say whether the statement has been compiled, and does not run through the ORM."""
        return self._plan(router.db_for_write(self.model)) is not None

    def _plan(self, alias: str) -> Any:
        try:
            return self._plans[alias]
        except KeyError:
            return self._plans.setdefault(alias, self._prepare(alias))

    def _prepare(self, alias: str) -> Any:
        """Return what is kept for a database; None if the ORM has to do it."""
        try:
            # A connection of its own that is not left open: what the compiler remembers of it
            # (its operations, in the converters) must not keep some thread's connection alive.
            with _values(None):
                return self._compile(alias, connections.create_connection(alias))
        except Error:
            raise  # an outage says nothing about the statement
        except Exception:
            logger.warning("A statement on %s is not prepared.", self.model, exc_info=True)
            return None

    def _compile(self, alias: str, connection: Any) -> Any:
        raise NotImplementedError

    def _rows(self, alias: str) -> models.QuerySet[M, M]:
        return self.model._base_manager.using(alias).order_by()


class PreparedUpdate(_Statement[M]):
    """``model.objects.filter(condition).update(**assignments)``.

    Compare-and-set: the row decides between concurrent callers, on every database and without
    a lock. See :func:`authkit.core.db.retry.retry_on_conflict`.
    """

    def __init__(self, model: type[M], condition: Q, **assignments: Any) -> None:
        super().__init__(model)
        self.condition = condition
        self.assignments = assignments

    def run(self, **values: Any) -> int:
        """Return how many rows met the condition, and have been changed."""
        alias = router.db_for_write(self.model)
        plan: _Sql | None = self._plan(alias)
        if plan is None:
            return retry_on_conflict(partial(self._run_by_orm, alias, values), self.model)
        connection = connections[alias]
        parameters = plan.bind(connection, values)

        def execute() -> int:
            with connection.cursor() as cursor:
                cursor.execute(plan.text, parameters)
                return int(cursor.rowcount)

        return retry_on_conflict(execute, self.model)

    def _compile(self, alias: str, connection: Any) -> _Sql:
        query: Any = self._rows(alias).filter(self.condition).query.chain(sql.UpdateQuery)
        query.add_update_values(self.assignments)
        return _Sql.of(*query.get_compiler(connection=connection).as_sql())

    def _run_by_orm(self, alias: str, values: Values) -> int:
        with _values(values):
            return self._rows(alias).filter(self.condition).update(**self.assignments)


class PreparedInsert(_Statement[M]):
    """``instance.save(force_insert=True)``, without Django's signals.

    For a model without parents, whose instances have their primary key before they are stored.

    :param computed: expressions by field, which the database computes instead.
    """

    def __init__(self, model: type[M], **computed: Any) -> None:
        super().__init__(model)
        self.fields: list[models.Field[Any, Any]] = list(model._meta.local_concrete_fields)
        self.computed = computed

    def run(self, instance: M, **more: Any) -> None:
        """Insert the row of a new instance.

        :param more: the values of parameters in what is computed.
        """
        alias = router.db_for_write(self.model, instance=instance)
        plan: _Sql | None = self._plan(alias)
        if plan is None:
            return retry_on_conflict(partial(self._run_by_orm, alias, instance, more), self.model)
        connection = connections[alias]
        values = {field.attname: field.pre_save(instance, add=True) for field in self.fields}
        parameters = plan.bind(connection, values | more)

        def execute() -> None:
            with connection.cursor() as cursor:
                cursor.execute(plan.text, parameters)

        retry_on_conflict(execute, self.model)
        instance._state.adding = False
        instance._state.db = alias
        return None

    def _compile(self, alias: str, connection: Any) -> _Sql:
        params: dict[str, Any] = {
            field.attname: Param(field.attname, field) for field in self.fields
        }
        query: Any = sql.InsertQuery(self.model)
        query.insert_values(self.fields, [SimpleNamespace(**params | self.computed)], raw=True)
        (statement,) = query.get_compiler(connection=connection).as_sql()
        return _Sql.of(*statement)

    def _run_by_orm(self, alias: str, instance: M, values: Values) -> None:
        for name, expression in self.computed.items():
            setattr(instance, name, expression)
        with _values(values):
            instance.save(using=alias, force_insert=True)


class PreparedRow(_Statement[M]):
    """The one row of a ``values_list()``, which ``select`` makes of all rows."""

    def __init__(
        self, model: type[M], select: Callable[[models.QuerySet[M, M]], models.QuerySet[M, Any]]
    ) -> None:
        super().__init__(model)
        self.select = select

    def get(self, **values: Any) -> Sequence[Any] | None:
        """Return the row; None if there is none."""
        alias = router.db_for_write(self.model)
        plan: _Query | None = self._plan(alias)
        if plan is not None:
            return plan.read(connections[alias], values)
        with _values(values):
            return next(iter(self.select(self._rows(alias))), None)

    def _compile(self, alias: str, connection: Any) -> _Query:
        compiler = self.select(self._rows(alias)).query.get_compiler(connection=connection)
        return _Query.of(compiler)


class PreparedSelect(_Statement[M]):
    """``model.objects.filter(condition).select_related(related).first()``.

    The condition names one row. Columns that ``defer`` names are read when they are used.

    Where the related model's default manager has a ``get_queryset`` of its own (it hides rows, or
    defers columns), that manager is asked for the related row instead, in a second query of the
    ORM, and its refusal counts as "not found".

    Between :meth:`row` and :meth:`build` a row can be kept, in a cache say, as long as
    :attr:`columns` stay the same. Columns of the related model that are ``private`` are not kept,
    and come as deferred ones. All three need a statement that :meth:`is_prepared`.
    """

    def __init__(
        self,
        model: type[M],
        condition: Q,
        *,
        related: str,
        defer: Sequence[str] = (),
        private: Sequence[str] = (),
    ) -> None:
        super().__init__(model)
        self.condition = condition
        self.related: Any = model._meta.get_field(related)
        self.defer = tuple(defer)
        self.private = frozenset(private)

    def is_prepared(self) -> bool:
        return self._is_one_query() and super().is_prepared()

    def get(self, **values: Any) -> M | None:
        alias = router.db_for_write(self.model)
        plan: _Instances | None = self._plan(alias) if self._is_one_query() else None
        if plan is None:
            return self._get_by_orm(alias, values)
        row = plan.query.read(connections[alias], values)
        return None if row is None else self._instance(alias, plan, row)

    @property
    def columns(self) -> str:
        """The models, columns and types of a :meth:`row`, in its order."""
        plan: _Instances = self._plan(router.db_for_write(self.model))
        return plan.columns

    def row(self, **values: Any) -> Row | None:
        """Return what :meth:`build` makes the instances of, as plain values; None if not found."""
        alias = router.db_for_write(self.model)
        plan: _Instances = self._plan(alias)
        row = plan.query.read(connections[alias], values)
        if row is not None:
            for position in plan.private:
                row[position] = None
        return row

    def build(self, row: Row) -> M:
        """Return the instances of a row that :meth:`row` has returned."""
        alias = router.db_for_write(self.model)
        plan: _Instances = self._plan(alias)
        values = list(row)
        for position in plan.private:
            values[position] = DEFERRED
        return self._instance(alias, plan, values)

    def _instance(self, alias: str, plan: _Instances, row: Row) -> M:
        instance: Any = plan.base.build(alias, row)
        self.related.set_cached_value(instance, plan.related.build(alias, row))
        found: M = instance
        return found

    def _compile(self, alias: str, connection: Any) -> _Instances:
        query: Any = self._instances(alias).select_related(self.related.name).query
        query.get_compiler(connection=connection).as_sql()  # joins the tables
        # Its length is most of what it costs to hand a statement to a driver.
        query.change_aliases({alias: f"t{number}" for number, alias in enumerate(query.alias_map)})
        compiler = query.clone().get_compiler(connection=connection)
        compiled = _Query.of(compiler)
        related = _Part.of(compiler.klass_info["related_klass_infos"][0], compiler.select)
        private = [
            related.columns.start + index
            for index, attname in enumerate(related.attnames)
            if attname in self.private
        ]
        base = _Part.of(compiler.klass_info, compiler.select)
        columns = f"{base.described()} {related.described()} private:{private}"
        return _Instances(compiled, base, related, private, columns)

    def _is_one_query(self) -> bool:
        manager = self.related.related_model._default_manager
        return type(manager).get_queryset is BaseManager.get_queryset

    def _instances(self, alias: str) -> models.QuerySet[M, M]:
        return self._rows(alias).filter(self.condition).defer(*self.defer)

    def _get_by_orm(self, alias: str, values: Values) -> M | None:
        rows = self._instances(alias)
        with _values(values):
            if self._is_one_query():
                return next(iter(rows.select_related(self.related.name)), None)
            instance = next(iter(rows), None)
        if instance is None:
            return None
        related_pk = getattr(instance, self.related.attname)
        related = None
        if related_pk is not None:
            manager = self.related.related_model._default_manager
            related = manager.using(alias).filter(pk=related_pk).first()
            if related is None:
                return None
        setattr(instance, self.related.name, related)
        return instance


class _Query(NamedTuple):
    """A SELECT, and what converts its columns."""

    sql: _Sql
    converters: list[tuple[int, Callable[..., Any], Any]]

    @classmethod
    def of(cls, compiler: Any) -> _Query:
        statement = _Sql.of(*compiler.as_sql())
        by_position = compiler.get_converters([column[0] for column in compiler.select])
        converters = [
            (position, convert, expression)
            for position, (functions, expression) in by_position.items()
            for convert in functions
        ]
        return cls(statement, converters)

    def read(self, connection: Any, values: Values) -> Row | None:
        with connection.cursor() as cursor:
            cursor.execute(self.sql.text, self.sql.bind(connection, values))
            found = cursor.fetchone()
        if found is None:
            return None
        row = list(found)
        for position, convert, expression in self.converters:
            row[position] = convert(row[position], expression, connection)
        return row


class _Part(NamedTuple):
    """Which columns of a row make which instance."""

    model: type[models.Model]
    attnames: list[str]
    columns: slice
    pk_index: int
    deferred: list[int]

    @classmethod
    def of(cls, info: Any, select: Sequence[Any]) -> _Part:
        positions = info["select_fields"]
        columns = slice(positions[0], positions[-1] + 1)
        attnames = [column[0].target.attname for column in select[columns]]
        model = info["model"]
        fields = [field.attname for field in model._meta.concrete_fields]
        deferred = [position for position, name in enumerate(fields) if name not in attnames]
        return cls(model, attnames, columns, attnames.index(model._meta.pk.attname), deferred)

    def described(self) -> str:
        """Return the model, and its columns with their types."""
        fields: list[Any] = [self.model._meta.get_field(name) for name in self.attnames]
        types = [f"{field.attname}={field.get_internal_type()}" for field in fields]
        return f"{self.model._meta.label}({','.join(types)})"

    def build(self, alias: str, row: Row) -> models.Model | None:
        values = row[self.columns]
        if values[self.pk_index] is None:
            return None
        for position in self.deferred:
            values.insert(position, DEFERRED)
        return self.model.from_db(alias, self.attnames, values)


class _Instances(NamedTuple):
    """What makes the two instances of a row."""

    query: _Query
    base: _Part
    related: _Part
    private: list[int]
    columns: str


@contextmanager
def _values(values: Values | None) -> Iterator[None]:
    """Give the parameters their values while the ORM compiles and runs a statement."""
    token = _bound.set(values)
    try:
        yield
    finally:
        _bound.reset(token)
