"""Outages of a real database: a connection that is ended, a closed port, a read-only database."""

import contextlib

from django.db import connection, connections

READ_ONLY = {
    "PostgreSQL": "SET default_transaction_read_only = {}",
    "MySQL": "SET transaction_read_only = {}",
    "MariaDB": "SET tx_read_only = {}",
    "SQLite": "PRAGMA query_only = {}",
}

READER = "authkit_test_reader"


def connection_number():
    """Return what the server calls the connection of this thread."""
    with connection.cursor() as cursor:
        on_postgresql = connection.vendor == "postgresql"
        cursor.execute("SELECT pg_backend_pid()" if on_postgresql else "SELECT CONNECTION_ID()")
        return cursor.fetchone()[0]


def end_connection(number):
    with connection.cursor() as cursor:
        on_postgresql = connection.vendor == "postgresql"
        cursor.execute("SELECT pg_terminate_backend(%s)" if on_postgresql else "KILL %s", [number])


@contextlib.contextmanager
def configured(**settings):
    """Connections that are opened in here have these settings."""
    present = connections.settings["default"]
    before = {name: present[name] for name in settings}
    connection.close()
    present.update(settings)
    try:
        yield
    finally:
        connection.close()
        present.update(before)


def closed_port():
    """Nothing listens there."""
    return configured(PORT="1")


@contextlib.contextmanager
def read_only():
    """The connection of this thread is read-only, as one to a replica is."""
    statement = READ_ONLY[connection.display_name]
    execute(statement.format(1))
    try:
        yield
    finally:
        execute(statement.format(0))


@contextlib.contextmanager
def without_rights():
    """The user of the database may read, and not write."""
    database = connection.settings_dict["NAME"]
    if connection.vendor == "postgresql":
        reader = f"{READER}_{database}"  # roles belong to the server
        execute(
            f"CREATE ROLE {reader}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}",
            f"SET ROLE {reader}",
        )
        ends = ["RESET ROLE", f"DROP OWNED BY {reader}", f"DROP ROLE {reader}"]
        entered = contextlib.nullcontext()
    else:
        reader = f"{READER}_{database}"[:32]
        execute(
            f"CREATE USER '{reader}'@'%' IDENTIFIED BY 'reader'",
            f"GRANT SELECT ON `{database}`.* TO '{reader}'@'%'",
        )
        ends = [f"DROP USER '{reader}'@'%'"]
        entered = configured(USER=reader, PASSWORD="reader")
    try:
        with entered:
            yield
    finally:
        execute(*ends)


def execute(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
