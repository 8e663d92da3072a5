"""The thread of a process that re-validates its open connections, and hears of changes elsewhere.

A thread with an event loop of its own: no request and no connection waits for the database or the
channel layer here, and streams under WSGI are followed as well.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from django.db import connections

from authkit.connections import registry
from authkit.connections.layer import TIMEOUT_SECONDS, Layer, project_layer
from authkit.connections.registry import Connection
from authkit.connections.revalidation import revalidate
from authkit.core.counted_log import log_counted
from authkit.errors import ServiceUnavailable

logger = logging.getLogger("authkit.realtime")

#: How long a connection may outlive its credential where no message comes.
INTERVAL_SECONDS = 30

#: What changes at one moment is read in one query.
GATHERING_SECONDS = 0.01

#: After a failure of the database or the layer.
RETRY_SECONDS = 3

#: A connection that could not be re-validated for this long is ended (fail closed).
UNCHECKED_SECONDS = 3 * INTERVAL_SECONDS

#: How many announcements may be on their way; more are dropped while a layer hangs.
MAX_SENDING = 200


class Watcher:
    """The one of this process; :meth:`start` starts it, in each process anew after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid: int | None = None
        self._loop: asyncio.AbstractEventLoop
        self._due: set[Connection] = set()
        self._sending: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
            self._loop = asyncio.new_event_loop()
            self._due, self._sending = set(), set()
            threading.Thread(target=self._run, name="authkit.realtime", daemon=True).start()
            atexit.register(self._flush)

    def follow(self, connection: Connection) -> None:
        """End a connection with its credential, from now on; :func:`registry.discard` ends it."""
        self.start()
        if registry.add(connection):
            self.check([connection])

    def check(self, due: Iterable[Connection]) -> None:
        """Re-validate these connections now, in any thread."""
        due = set(due)
        if due:
            self.start()
            self._loop.call_soon_threadsafe(self._add, due)

    def tell(self, targets: Iterable[str]) -> None:
        """Tell the other processes, in any thread. Does not wait, and cannot fail."""
        self.start()
        self._loop.call_soon_threadsafe(self._send, list(targets))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._wanted = asyncio.Event()
        self._layer = self._make_layer()
        self._loop.run_until_complete(self._main())

    def _flush(self) -> None:
        """Let a process that ends, such as a command, say what it has changed."""
        if self._pid == os.getpid():
            with suppress(Exception):
                sent = asyncio.run_coroutine_threadsafe(self._all_sent(), self._loop)
                sent.result(2 * TIMEOUT_SECONDS)

    async def _all_sent(self) -> None:
        await asyncio.gather(*self._sending)

    async def _main(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="authkit.realtime.database")
        work = [self._sweep, self._rejoin, self._listen, self._work]
        await asyncio.gather(*map(_repeated, work))

    def _make_layer(self) -> Layer | None:
        try:
            return project_layer()
        except Exception:
            logger.exception("The channel layer of the project cannot be used.")
            return None

    async def _sweep(self) -> None:
        await asyncio.sleep(INTERVAL_SECONDS)
        found = registry.every()
        since = time.monotonic() - UNCHECKED_SECONDS
        for connection in found:
            if connection.checked_at < since:
                connection.end(ServiceUnavailable())
        self._add(found)

    async def _rejoin(self) -> None:
        """Join once more, apart from the sweep: a layer that hangs must not delay that."""
        await asyncio.sleep(INTERVAL_SECONDS)
        if self._layer is not None and not registry.is_empty():
            await self._layer.join()

    async def _listen(self) -> None:
        if self._layer is None:
            await asyncio.Event().wait()
            return
        await self._layer.join()
        self._add(registry.every())  # what was announced before is lost
        async for targets in self._layer.received():
            self._add(registry.announced(targets))

    async def _work(self) -> None:
        await self._wanted.wait()
        await asyncio.sleep(GATHERING_SECONDS)
        self._wanted.clear()
        due, self._due = self._due, set()
        if not await self._loop.run_in_executor(self._executor, _checked, due):
            self._loop.call_later(RETRY_SECONDS, self._add, due)

    def _add(self, due: set[Connection]) -> None:
        if due:
            self._due |= due
            self._wanted.set()

    def _send(self, targets: list[str]) -> None:
        if self._layer is not None and len(self._sending) < MAX_SENDING:
            task = self._loop.create_task(_sent(self._layer, targets))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)


watcher = Watcher()


async def _repeated(work: Callable[[], Awaitable[None]]) -> None:
    """Do some work again and again, whatever fails in it."""
    while True:
        try:
            await work()
        except Exception as error:
            _warn("Connections may outlive their credential for half a minute.", error)
            await asyncio.sleep(RETRY_SECONDS)


async def _sent(layer: Layer, targets: list[str]) -> None:
    """Tell other processes; a second time where the connection to the server was a dead one."""
    try:
        with suppress(Exception):
            await layer.send(targets)
            return
        await layer.send(targets)
    except Exception as error:
        _warn("Other processes were not told: their connections end within half a minute.", error)


def _checked(due: set[Connection]) -> bool:
    try:
        try:
            revalidate(one for one in due if one.error is None)
        finally:
            # Those of this thread, which is needed twice a minute: it keeps no place at a database.
            connections.close_all()
    except Exception as error:
        _warn("Open connections were not re-validated.", error)
        return False
    return True


def _warn(sentence: str, error: Exception) -> None:
    log_counted(logger, logging.WARNING, sentence, error)
