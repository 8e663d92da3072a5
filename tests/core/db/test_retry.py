"""Which failures of a database are made good by trying again, which are 503, and which are ours."""

from functools import partial

import pytest
from authkit.core.db import retry as database
from authkit.core.db.outages import is_outage
from authkit.core.db.retry import TRIES, atomic_with_retry, retry_on_conflict
from authkit.models import Session
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ObjectDoesNotExist
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext


class Cause(Exception):
    """An exception of a driver, as far as its kind goes."""

    def __init__(self, *args, **named):
        super().__init__(*args)
        vars(self).update(named)


def caused(kind, *args, **named):
    """Return what Django makes of an exception of a driver."""
    error = kind(*args)
    error.__cause__ = Cause(*args, **named)
    return error


CONTENTION = {
    "serialization failure": caused(OperationalError, "could not", sqlstate="40001"),
    "deadlock": caused(OperationalError, "deadlock", sqlstate="40P01"),
    "the same, of the older driver": caused(OperationalError, "could not", pgcode="40001"),
    "MariaDB's deadlock": caused(OperationalError, 1213, "Deadlock found"),
    "MariaDB's snapshot": caused(OperationalError, 1020, "Record has changed"),
    "SQLite's snapshot": caused(OperationalError, "database is locked", sqlite_errorcode=517),
}

OUTAGES = {
    "connection refused": caused(OperationalError, "refused", sqlstate=None),
    "shutting down": caused(OperationalError, "terminating", sqlstate="57P01"),
    "too many connections": caused(OperationalError, 1040, "Too many connections"),
    "MariaDB has gone away": caused(OperationalError, 2006, "Server has gone away"),
    "MariaDB waited too long": caused(OperationalError, 1205, "Lock wait timeout exceeded"),
    "a replica has been connected to": caused(InternalError, "read-only", sqlstate="25006"),
    "SQLite is busy": caused(OperationalError, "database is locked", sqlite_errorcode=5),
    "SQLite's file is no database": caused(DatabaseError, "malformed", sqlite_errorcode=11),
    "connection closed": caused(InterfaceError, "connection already closed"),
    "a bare one": OperationalError(),
    **CONTENTION,
}

DEFECTS = {
    "constraint": IntegrityError("duplicate"),
    "SQL": ProgrammingError("syntax error"),
    "value": DataError("out of range"),
    "transaction": InternalError("current transaction is aborted"),
    "transaction, of Django": TransactionManagementError("in an atomic block"),
    "support": NotSupportedError("no"),
    "SQLite misses a table": caused(OperationalError, "no such table", sqlite_errorcode=1),
    "MariaDB misses a column": caused(OperationalError, 1054, "Unknown column"),
    "MariaDB has a column more": caused(OperationalError, 1364, "Field has no default"),
    "another exception": ValueError("1213"),
    "no row": ObjectDoesNotExist(),
}


@pytest.mark.parametrize("error", OUTAGES.values(), ids=OUTAGES)
def test_an_outage(error):
    assert is_outage(error)


@pytest.mark.parametrize("error", DEFECTS.values(), ids=DEFECTS)
def test_a_fault_of_the_program_is_no_outage(error):
    assert not is_outage(error)


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1 FROM authkit_no_table", "SELECT no_column FROM django_content_type", "SELEC 1"],
)
def test_what_a_real_database_says_of_wrong_sql_is_no_outage(db, statement):
    with (
        pytest.raises(DatabaseError) as caught,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert not is_outage(caught.value)


class Change:
    """Fails as often as it is told to, then returns what it was called with."""

    def __init__(self, error, failures):
        self.error, self.failures, self.calls = error, failures, 0

    def __call__(self):
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error
        return "done"


@pytest.fixture
def pauses(monkeypatch):
    pauses = []
    monkeypatch.setattr(database, "sleep", pauses.append)
    return pauses


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", CONTENTION.values(), ids=CONTENTION)
@pytest.mark.parametrize("failures", [0, 1, TRIES - 1])
def test_a_change_that_conflicts_is_retried(pauses, error, failures):
    change = Change(error, failures)
    assert retry_on_conflict(change, Session) == "done"
    assert change.calls == failures + 1
    assert len(pauses) == failures
    assert all(0 <= pause <= database.TRIES * database.PAUSE for pause in pauses)


@pytest.mark.django_db(transaction=True)
def test_retries_come_to_an_end(pauses):
    change = Change(CONTENTION["deadlock"], 1_000)
    with pytest.raises(OperationalError):
        retry_on_conflict(change, Session)
    assert change.calls == TRIES


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", [name for name in OUTAGES if name not in CONTENTION])
def test_another_failure_is_not_retried(pauses, name):
    change = Change(OUTAGES[name], 1)
    with pytest.raises((DatabaseError, InterfaceError)):
        retry_on_conflict(change, Session)
    assert (change.calls, pauses) == (1, [])


@pytest.mark.django_db(transaction=True)
def test_part_of_a_transaction_is_not_retried(pauses):
    change = Change(CONTENTION["serialization failure"], 1)
    with pytest.raises(OperationalError), transaction.atomic():
        retry_on_conflict(change, Session)
    assert (change.calls, pauses) == (1, [])


@pytest.mark.django_db(transaction=True)
def test_a_transaction_is_retried_as_a_whole(pauses, make_user):
    model, user = get_user_model(), make_user()
    change = Change(CONTENTION["serialization failure"], 2)
    seen = []

    def twice():
        seen.append(Group.objects.filter(name="of the test").count())
        Group.objects.create(name="of the test")
        return change()

    assert atomic_with_retry(twice, model) == "done"
    assert seen == [0, 0, 0]
    assert Group.objects.filter(name="of the test").count() == 1

    with pytest.raises(IntegrityError):
        atomic_with_retry(partial(delete_and_fail, user), model)
    assert model.objects.filter(pk=user.pk).exists()


def delete_and_fail(user):
    get_user_model().objects.filter(pk=user.pk).delete()
    raise IntegrityError


@pytest.mark.django_db(transaction=True)
def test_on_sqlite_it_waits_for_its_turn_before_it_reads(user):
    def begun(make):
        with CaptureQueriesContext(connection) as queries:
            make()
        return queries[0]["sql"]

    def change():
        return atomic_with_retry(user.refresh_from_db, type(user))

    def of_the_project():
        with transaction.atomic():
            user.refresh_from_db()

    assert begun(change) == ("BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN")
    assert begun(of_the_project) == "BEGIN"
