"""What 2,000 idle connections cost: their re-validation, and their memory beside Channels."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import process_time_ns

from authkit.connections.registry import Connection
from authkit.connections.revalidation import revalidate
from authkit.connections.watcher import INTERVAL_SECONDS
from authkit.core.http.client import Client
from authkit.principals.resolve import principal_of
from authkit.sessions.access.bearer import AccessToken
from authkit.sessions.validate import session_of_access_token
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from websockets.asyncio.client import connect

from benchmarks.cases import cookie_session, pair_of
from benchmarks.sockets.servers import Server, served
from benchmarks.targets import verdict

IDLE = 2_000
QUERIES = 4
#: Of a core, where all of them are re-validated once in each interval.
PERCENT = 1.0
#: Of what a socket takes with Channels' ``AuthMiddlewareStack``.
MEMORY = 1.2

#: Sockets that were opened and closed before: what is loaded with the first is not of each.
WARM = 20
AT_ONCE = 20

Headers = dict[str, str]


def verdicts(users: list[User], rounds: int) -> Iterator[str]:
    """Yield a line for each target; few rounds open fewer sockets for their memory."""
    idle = [_connection(user) for user in users for _ in range(IDLE // len(users))]
    with CaptureQueriesContext(connection) as queries:
        revalidate(idle)
    yield verdict(f"{len(idle):,} idle connections, once", len(queries), QUERIES, "queries")
    since = process_time_ns()
    revalidate(idle)
    share = (process_time_ns() - since) / (INTERVAL_SECONDS * 1e9) * 100
    yield verdict(f"{len(idle):,} idle connections", share, PERCENT, "% of a core")
    number = min(IDLE, 10 * rounds)
    if not Path("/proc/self/smaps_rollup").exists():
        yield f"NOT MEASURED  {number:,} idle sockets, memory of each: only Linux tells it"
        return
    stock, ours = (kilobytes(kind, users, number) for kind in ("stock", "ours"))
    name = f"{number:,} idle sockets, memory of each / AuthMiddlewareStack ({stock:.1f} kB)"
    yield verdict(name, ours / stock, MEMORY, "x")


def kilobytes(kind: str, users: list[User], number: int) -> float:
    """Return what each of so many sockets adds to a fresh process. Each has its own session."""
    with transaction.atomic():
        credentials = [_credential(kind, users[n % len(users)]) for n in range(number)]
    with served(kind) as server:
        return asyncio.run(_added(server, credentials)) / number


async def _added(server: Server, credentials: list[Headers]) -> int:
    one_by_one = asyncio.Semaphore(AT_ONCE)

    async def opened(headers: Headers) -> connect:
        async with one_by_one:
            return await connect(
                server.websocket, additional_headers=headers, proxy=None, ping_interval=None
            )

    first = await asyncio.gather(*map(opened, credentials[:WARM]))
    await asyncio.gather(*(socket.close() for socket in first))
    before = _memory(server.pid)
    sockets = await asyncio.gather(*map(opened, credentials))
    after = _memory(server.pid)
    for socket in sockets:
        socket.transport.abort()
    return after - before


def _memory(pid: int) -> int:
    """Return the proportional set size of a process, in kilobytes."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _credential(kind: str, user: User) -> Headers:
    if kind == "ours":
        return {"Authorization": f"Bearer {pair_of(user).access}"}
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie_session(user).session_key}"}


def _connection(user: User) -> Connection:
    token = AccessToken(*session_of_access_token(pair_of(user).access))
    return Connection(principal_of(user, token), Client("127.0.0.1", "benchmark"))
