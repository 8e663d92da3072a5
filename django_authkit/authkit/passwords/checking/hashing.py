"""How many passwords are hashed at once: floods of them must not starve other requests.

Hashing takes a tenth of a second of a processor or more, by design. A process hashes as many
passwords at once as there are processors, and for one network fewer, so that a client with many
connections leaves processors and threads to others. Callers wait a moment for a place; few may
wait, since each holds a thread. Other processes have places of their own.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from authkit.core.http.client import Client, present_client
from authkit.errors import HashingBusy

#: Passwords that a process hashes at once, of all networks and of one.
PLACES = os.cpu_count() or 1
PLACES_PER_NETWORK = max(1, min(2, PLACES // 2))

#: How many callers may wait for a place, of all networks and of one, and for how many seconds.
WAITING = 4 * PLACES
WAITING_PER_NETWORK = 4
WAIT = 5.0

#: Whether the caller has a place already: a check that re-hashes needs no second one.
_has_place: ContextVar[bool] = ContextVar("authkit_hashing", default=False)


@contextmanager
def hashing_place(client: Client | None = None) -> Iterator[None]:
    """Hold a place for hashing a password; known and unknown accounts wait alike.

    :param client: the client; that of the present request if omitted.
    :raises HashingBusy: too many wait already, or no place came free; nothing has been checked.
    """
    if _has_place.get():
        yield
        return
    # Behind a Unix socket all clients would be one network, so they share the process's places.
    network = (client or present_client()).network
    if not _gate.enter(network):
        raise HashingBusy
    token = _has_place.set(True)
    try:
        yield
    finally:
        _has_place.reset(token)
        _gate.leave(network)


class Gate:
    """The places of this process. The condition makes it safe for threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._hashing: Counter[str | None] = Counter()
        self._waiting: Counter[str | None] = Counter()

    def enter(self, network: str | None) -> bool:
        """Take a place; return False if there is none and waiting does not help."""
        with self._changed:
            if not self._is_free(network) and not self._wait(network):
                return False
            self._hashing[network] += 1
            return True

    def leave(self, network: str | None) -> None:
        with self._changed:
            _subtract(self._hashing, network)
            self._changed.notify_all()

    def _is_free(self, network: str | None) -> bool:
        within = network is None or self._hashing[network] < PLACES_PER_NETWORK
        return within and self._hashing.total() < PLACES

    def _wait(self, network: str | None) -> bool:
        most = WAITING if network is None else WAITING_PER_NETWORK
        if self._waiting[network] >= most or self._waiting.total() >= WAITING:
            return False
        self._waiting[network] += 1
        try:
            return self._changed.wait_for(lambda: self._is_free(network), timeout=WAIT)
        finally:
            _subtract(self._waiting, network)


def _subtract(counter: Counter[str | None], network: str | None) -> None:
    counter[network] -= 1
    if not counter[network]:
        del counter[network]  # networks that are gone take no memory


_gate = Gate()
