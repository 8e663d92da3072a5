"""For how long a socket of one process outlives a log-out that another process has answered."""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from statistics import median
from time import monotonic

from authkit.sessions.issue import TokenPair
from django.contrib.auth.models import User
from redis import Redis, RedisError
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from benchmarks.cases import pair_of
from benchmarks.sockets.servers import Server, served
from benchmarks.targets import verdict

#: With a channel layer on Redis.
MEDIAN_MILLISECONDS, WORST_MILLISECONDS = 200, 1000
#: Without: an interval of the re-validation, and one pass.
SECONDS_WITHOUT = 31

MOST_ROUNDS = 50
#: Logged out together, just after an interval has begun.
TOGETHER = 5


def verdicts(users: list[User], rounds: int, redis: str) -> Iterator[str]:
    """Yield a line for each target, and one that says so where Redis does not answer."""
    pairs = [pair_of(user) for user in users[:TOGETHER]]
    # It waits for half a minute and does nothing meanwhile.
    with ThreadPoolExecutor(1) as beside:
        without = beside.submit(_outlive_without_layer, pairs)
        yield from _with_redis(users, rounds, redis)
        name = "log-out, until a socket elsewhere is closed, without a channel layer"
        yield verdict(name, max(without.result()), SECONDS_WITHOUT, "s")


def _with_redis(users: list[User], rounds: int, redis: str) -> Iterator[str]:
    name = "log-out, until a socket elsewhere is closed, with Redis"
    if not answers(redis):
        yield f"NOT MEASURED  {name}: no Redis answers at {redis}"
        return
    pairs = [pair_of(users[n % len(users)]) for n in range(min(MOST_ROUNDS, rounds) + 1)]
    prefix = f"authkit-benchmark-{secrets.token_hex(4)}"
    layer = {"BENCHMARK_LAYER": redis, "BENCHMARK_LAYER_PREFIX": prefix}
    with served(**layer) as first, served(**layer) as second:
        # The first log-out loads and connects what the others find there.
        _, *seconds = (_outlive(first, second, [pair])[0] for pair in pairs)
    yield verdict(f"{name}, median", median(seconds) * 1000, MEDIAN_MILLISECONDS, "ms")
    worst = f"{name}, worst of {len(seconds)}"
    yield verdict(worst, max(seconds) * 1000, WORST_MILLISECONDS, "ms")


def answers(redis: str) -> bool:
    try:
        return bool(Redis.from_url(redis).ping())
    except RedisError:
        return False


def _outlive_without_layer(pairs: list[TokenPair]) -> list[float]:
    with served() as first, served() as second:
        return _outlive(first, second, pairs)


def _outlive(first: Server, second: Server, pairs: list[TokenPair]) -> list[float]:
    """Return the seconds from each answer to a log-out at the second until the first closes."""
    with ExitStack() as opened:
        sockets = [opened.enter_context(_connected(first, pair)) for pair in pairs]
        answered = [_log_out(second, pair) for pair in pairs]
        closed = [_closed(socket) for socket in sockets]
    return [max(0.0, end - since) for since, end in zip(answered, closed, strict=True)]


def _connected(server: Server, pair: TokenPair) -> ClientConnection:
    headers = {"Authorization": f"Bearer {pair.access}"}
    return connect(server.websocket, additional_headers=headers, proxy=None)


def _log_out(server: Server, pair: TokenPair) -> float:
    asked = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Host": "localhost", "Content-Type": "application/json"}
    asked.request(
        "POST", "/authkit/token/revoke/", json.dumps({"refresh": pair.refresh}), headers=headers
    )
    status = asked.getresponse().status
    answered = monotonic()
    asked.close()
    if status != 204:
        raise RuntimeError(f"The log-out was answered by {status}")
    return answered


def _closed(socket: ClientConnection) -> float:
    try:
        socket.recv(timeout=2 * SECONDS_WITHOUT)
    except ConnectionClosed as closed:
        at = monotonic()
        if closed.rcvd is None or closed.rcvd.code != 4401:
            raise RuntimeError(f"The socket was closed by {closed}") from closed
        return at
    raise RuntimeError("The socket was sent something")
