"""The connections of this process that are open, by what would end them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import APIException

from authkit.api_keys.models import APIKey

if TYPE_CHECKING:
    from authkit.core.http.client import Client
    from authkit.principals.principal import Principal


class Connection:
    """One open WebSocket or stream.

    ``principal`` follows the rows of session, key and user, which are read again every half a
    minute. ``error`` says why it has to end, once it has to.
    """

    __slots__ = ("checked_at", "client", "error", "hashes", "principal", "targets", "wake")

    def __init__(
        self, principal: Principal, client: Client, wake: Callable[[], object] = bool
    ) -> None:
        """Describe a connection; :func:`opened` makes it known.

        :param wake: called once it has to end, in any thread.
        """
        self.principal = principal
        self.targets = _targets_of(principal)
        self.hashes = _hashes_of(principal.auth)
        self.client = client
        self.wake = wake
        self.error: APIException | None = None
        self.checked_at = time.monotonic()

    def end(self, error: APIException) -> None:
        """End the connection, once."""
        if self.error is None:
            self.error = error
            self.wake()


def target(kind: str, pk: object) -> str:
    """Return the name of a session, key or user that connections depend on."""
    return f"{kind}:{pk}"


def _targets_of(principal: Principal) -> tuple[str, ...]:
    session = principal.session
    if session is not None:
        return target("session", session.pk), target("user", session.user_id)
    key: APIKey = principal.auth
    of_owner = () if key.owner_id is None else (target("user", key.owner_id),)
    return target("key", key.pk), *of_owner


def _hashes_of(auth: Any) -> frozenset[str]:
    """Return the hashes of a key that were valid at the handshake, one of which was presented.

    Slow ones are left out: the use of a key replaces them.
    """
    if not isinstance(auth, APIKey):
        return frozenset()
    is_kept = APIKey.objects.key_generator.using_preferred_hasher
    return frozenset(filter(is_kept, auth.accepted_hashes().values()))


_lock = threading.Lock()
_open: dict[str, set[Connection]] = {}

#: When something was announced, by target: a handshake may have read its row just before.
_announced: dict[str, float] = {}
REMEMBERED_SECONDS = 60


def add(connection: Connection) -> bool:
    """Make a connection known. Say whether its credential may have ended since it was read."""
    with _lock:
        for name in connection.targets:
            _open.setdefault(name, set()).add(connection)
        since = connection.checked_at - REMEMBERED_SECONDS
        return any(_announced.get(name, since) > since for name in connection.targets)


def discard(connection: Connection) -> None:
    with _lock:
        for name in connection.targets:
            mine = _open.get(name, set())
            mine.discard(connection)
            if not mine:
                _open.pop(name, None)


def is_empty() -> bool:
    return not _open


def every() -> set[Connection]:
    with _lock:
        return set().union(*_open.values())


def announced(targets: Iterable[str]) -> set[Connection]:
    """Return the connections that depend on one of these, and remember that it may have changed."""
    now = time.monotonic()
    with _lock:
        for old in [one for one, at in _announced.items() if at < now - REMEMBERED_SECONDS]:
            del _announced[old]
        _announced.update(dict.fromkeys(targets, now))
        return set().union(*(_open.get(name, ()) for name in targets))
