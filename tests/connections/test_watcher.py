"""The thread that re-validates the connections of a process."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from authkit.connections import watcher
from django.db import connection, connections

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def state_after(due):
    """Return whether the thread succeeded, and what it holds of the database afterwards."""
    return watcher._checked(due), connection.connection


def test_it_holds_no_connection_to_the_database_between_two_questions(monkeypatch, user, connect):
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)
    due = {connect(user)}
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(state_after, due).result() == (True, None)


def test_nor_after_one_that_failed(monkeypatch, user, connect):
    def failing(due):
        connection.ensure_connection()
        raise LookupError

    monkeypatch.setattr(watcher, "revalidate", failing)
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(state_after, {connect(user)}).result() == (False, None)
