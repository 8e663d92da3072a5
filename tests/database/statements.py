"""Races in one thread: something happens at a statement, whatever function sends it."""

from contextlib import contextmanager

from django.db import connection

#: What stands before the name of the table.
BEFORE_TABLE = {"SELECT": "FROM", "INSERT": "INTO", "UPDATE": "UPDATE", "DELETE": "FROM"}


@contextmanager
def at_statement(verb, model, act, *, after=False):
    """Call ``act`` once: before, or after, the first statement of this kind on the model's table.

    It fails where there is no such statement: then nothing has been tested.
    """
    waiting = [act]
    table = f"{BEFORE_TABLE[verb]} {connection.ops.quote_name(model._meta.db_table)}"

    def execute_and_act(execute, sql, params, many, context):
        if not (waiting and sql.startswith(verb) and table in sql):
            return execute(sql, params, many, context)
        now = waiting.pop()
        if not after:
            now()
        result = execute(sql, params, many, context)
        if after:
            now()
        return result

    with connection.execute_wrapper(execute_and_act):
        yield
    assert not waiting, f"no {verb} on {model._meta.db_table}"


@contextmanager
def failing_statement(verb, model, error):
    """Raise an error instead of the first statement of this kind on the model's table."""

    def fail():
        raise error

    with at_statement(verb, model, fail):
        yield
