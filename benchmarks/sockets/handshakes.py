"""What the handshake of a WebSocket costs, beside that of Channels."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterator
from time import perf_counter_ns
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from authkit.realtime import AuthkitMiddleware
from authkit.sessions.access.bearer import AccessToken
from authkit.sessions.validate import session_of_access_token
from authkit.tickets.flows import issue_ticket
from channels.auth import AuthMiddlewareStack
from django.conf import settings
from django.contrib.auth.models import User

from benchmarks.cases import cookie_session, pair_of
from benchmarks.measure import percentile
from benchmarks.targets import verdict

#: Of what Channels' ``AuthMiddlewareStack`` takes with a session cookie.
BEARER, TICKET = 1.0, 1.5

#: Nothing is refused here.
UNLIMITED = "1000000/min"


def verdicts(users: list[User], rounds: int) -> Iterator[str]:
    """Yield a line for each target."""
    taken = async_to_sync(handshakes)(users, rounds)
    for name, limit in (("bearer", BEARER), ("ticket", TICKET)):
        ratio = taken[name] / taken["cookie"]
        yield verdict(f"handshake, {name} / AuthMiddlewareStack", ratio, limit, "x")


async def handshakes(users: list[User], rounds: int) -> dict[str, float]:
    """Return the 10th percentiles in microseconds of handshakes that take turns."""
    ours = AuthkitMiddleware(_application, per_client=UNLIMITED, per_account=UNLIMITED)
    stock = AuthMiddlewareStack(_application)
    kinds: dict[str, tuple[Any, Callable[[User], dict[str, Any]]]] = {
        "cookie": (stock, _with_cookie),
        "bearer": (ours, _with_bearer),
        "ticket": (ours, _with_ticket),
    }
    samples: dict[str, list[float]] = {name: [] for name in kinds}
    order = list(kinds)
    gc.disable()
    try:
        for number in range(rounds):
            random.shuffle(order)
            for name in order:
                application, made = kinds[name]
                scope = await sync_to_async(made)(users[number % len(users)])
                samples[name].append(await _timed(application, scope))
            if number % 10 == 0:
                gc.collect()
    finally:
        gc.enable()
    return {name: percentile(sorted(times), 10) for name, times in samples.items()}


async def _timed(application: Any, scope: dict[str, Any]) -> float:
    """Return the microseconds from a handshake to its answer."""
    incoming = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]
    answered: list[tuple[str, int]] = []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0)

    async def send(message: dict[str, Any]) -> None:
        answered.append((message["type"], perf_counter_ns()))

    start = perf_counter_ns()
    await application(scope, receive, send)
    [(kind, at)] = answered
    if kind != "websocket.accept":
        raise RuntimeError(f"The handshake was answered by {kind}")
    return (at - start) / 1000


async def _application(scope: Any, receive: Any, send: Any) -> None:
    """Accept, once it is known who connects; leave with the client."""
    await receive()
    if not scope["user"].is_authenticated:
        raise RuntimeError("The user is not known")
    await send({"type": "websocket.accept"})
    await receive()


def _with_cookie(user: User) -> dict[str, Any]:
    cookie = f"{settings.SESSION_COOKIE_NAME}={cookie_session(user).session_key}"
    return _scope(cookie=cookie)


def _with_bearer(user: User) -> dict[str, Any]:
    return _scope(authorization=f"Bearer {pair_of(user).access}")


def _with_ticket(user: User) -> dict[str, Any]:
    ticket = issue_ticket(_token(user), f"user:{random.random()}")
    return _scope(subprotocols=["authkit", f"authkit.ticket.{ticket}"])


def _scope(subprotocols: list[str] | None = None, **headers: str) -> dict[str, Any]:
    return {
        "type": "websocket",
        "scheme": "ws",
        "path": "/ws/",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "subprotocols": subprotocols or [],
        "client": ["127.0.0.1", 1234],
        "server": ["localhost", 80],
    }


def _token(user: User) -> AccessToken:
    return AccessToken(*session_of_access_token(pair_of(user).access))
