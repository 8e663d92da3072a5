"""Faults of a database at one statement of a request, and how many statements it has."""

from contextlib import contextmanager

from django.db import OperationalError, connection, connections

#: What the servers answer where a disk is full.
DISK_FULL = {
    "postgresql": "DO $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END $$",
    "mysql": "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'disk full'",
}


class Killed(BaseException):
    """The process is killed: no handler of the program catches that."""


class Fault:
    """Happens once, before the statement of this number; counts the statements."""

    def __init__(self, number=None):
        self.number, self.seen = number, 0

    def __call__(self, execute, sql, params, many, context):
        self.seen += 1
        if self.seen - 1 == self.number:
            self.happen(execute, context)
        return execute(sql, params, many, context)

    @property
    def happened(self):
        return self.number is not None and self.seen > self.number

    def happen(self, execute, context):
        raise NotImplementedError


class Refused(Fault):
    """The statement is refused, as by a full disk; the server ends what it ends then."""

    def happen(self, execute, context):
        if connection.vendor in DISK_FULL:
            execute(DISK_FULL[connection.vendor], None, False, context)
        raise OperationalError("database or disk is full")


class Cut(Fault):
    """The server ends the connection."""

    def __init__(self, number=None):
        super().__init__(number)
        connection.ensure_connection()
        on_postgresql = connection.vendor == "postgresql"
        self.end = "SELECT pg_terminate_backend({})" if on_postgresql else "KILL {}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()" if on_postgresql else "SELECT CONNECTION_ID()")
            self.ours = cursor.fetchone()[0]

    def happen(self, execute, context):
        other = connections.create_connection("default")
        try:
            with other.cursor() as cursor:
                cursor.execute(self.end.format(self.ours))
        finally:
            other.close()


class KilledThere(Fault):
    """The process is killed: nothing is sent from then on, and the server rolls back."""

    def __call__(self, execute, *args):
        self.seen += 1
        if self.happened:
            raise Killed
        return execute(*args)


@contextmanager
def injected(fault):
    """Inject a fault into the statements of this thread; a new connection follows it."""
    try:
        with connection.execute_wrapper(fault):
            yield fault
    finally:
        if fault.happened:
            connection.close()
