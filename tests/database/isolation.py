"""Connections of another isolation level than Django's default, for single statements too."""

import contextlib

import pytest
from django.db import connection, connections
from django.utils.module_loading import import_string

#: Above the one that Django's databases have by default.
LEVELS = ["repeatable read", "serializable"]


def options(level, vendor):
    """Return what OPTIONS of a database say for an isolation level."""
    if vendor == "mysql":
        return {"isolation_level": level}
    # At its use: where the tests run on SQLite, psycopg need not be installed.
    names = import_string("django.db.backends.postgresql.psycopg_any.IsolationLevel")
    # The former is for transactions that Django opens, the latter for all others.
    return {
        "isolation_level": names[level.upper().replace(" ", "_")],
        "options": f"-c default_transaction_isolation={level.replace(' ', chr(92) + ' ')}",
    }


@contextlib.contextmanager
def isolated(level):
    """Have every connection that is opened in here, in whatever thread, isolate like this."""
    configured = connections.settings["default"]
    before = configured["OPTIONS"]
    connection.close()
    configured["OPTIONS"] = before | options(level, connection.vendor)
    try:
        yield
    finally:
        connection.close()
        configured["OPTIONS"] = before


@pytest.fixture(params=["read committed", "repeatable read"], autouse=True)
def level(request):
    """For modules that import it: each test under what PostgreSQL and what MariaDB begins with."""
    with isolated(request.param):
        yield


def level_in_force():
    statements = {
        "PostgreSQL": "SHOW transaction_isolation",
        "MySQL": "SELECT @@transaction_isolation",
        "MariaDB": "SELECT @@tx_isolation",  # it knows MySQL's name from 11.1 on
    }
    with connection.cursor() as cursor:
        cursor.execute(statements[connection.display_name])
        return cursor.fetchone()[0].lower().replace("-", " ")
