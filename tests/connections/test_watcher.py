"""The thread that re-validates the connections of a process."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from authkit.connections import watcher
from django.db import connection, connections

pytestmark = pytest.mark.django_db(transaction=True)
needs_other_connections = pytest.mark.concurrency


def state_after(due):
    """Return whether the thread succeeded, and what it holds of the database afterwards."""
    return watcher._checked(due), connection.connection


@needs_other_connections
def test_it_holds_no_connection_to_the_database_between_two_questions(monkeypatch, user, connect):
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)
    due = {connect(user)}
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(state_after, due).result() == (True, None)


@needs_other_connections
def test_nor_after_one_that_failed(monkeypatch, user, connect):
    def failing(due):
        connection.ensure_connection()
        raise LookupError

    monkeypatch.setattr(watcher, "revalidate", failing)
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(state_after, {connect(user)}).result() == (False, None)


class HangingLayer:
    async def join(self):
        await asyncio.Event().wait()


class FailingLayer:
    async def join(self):
        raise ConnectionError


def test_a_connection_outlives_its_credential_by_less_than_31_seconds():
    assert watcher.INTERVAL_SECONDS + watcher.GATHERING_SECONDS <= 30.5  # and one pass


@pytest.mark.parametrize(
    "layer", [None, HangingLayer(), FailingLayer()], ids=["none", "hanging", "failing"]
)
def test_a_sweep_waits_for_nothing_but_its_interval(monkeypatch, user, connect, layer):
    monkeypatch.setattr(watcher, "INTERVAL_SECONDS", 0.01)
    monkeypatch.setattr(watcher, "RETRY_SECONDS", 3600)
    swept = []
    monkeypatch.setattr(watcher, "revalidate", lambda due: swept.append(set(due)))
    connection = connect(user)

    async def three_sweeps():
        one = watcher.Watcher()
        one._loop, one._wanted, one._layer = asyncio.get_running_loop(), asyncio.Event(), layer
        working = asyncio.create_task(one._main())
        while len(swept) < 3:
            await asyncio.sleep(0.01)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        one._executor.shutdown()

    asyncio.run(asyncio.wait_for(three_sweeps(), 20))
    assert swept[:3] == [{connection}] * 3
