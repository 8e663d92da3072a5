from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, lru_cache

from django.http import HttpRequest

from authkit.conf import conf
from authkit.core.http import networks

logger = logging.getLogger("authkit.client")

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

#: In characters. A longer User-Agent is cut: it is shown, never compared.
USER_AGENT_LENGTH = 255

#: The smallest network that a provider assigns to one site (RFC 6177), so it counts as one client.
IPV6_PREFIX = 64

#: The longest chain of proxies that is read; a header of 64 KiB may contain many more.
MOST_HOPS = 32

#: The attribute of a request that keeps its client.
_COMPUTED = "_authkit_client"

#: Some proxies add the port to the IP. Compiled where there is a proxy.
_WITH_PORT = r"\[([^\[\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+"


@dataclass(frozen=True, slots=True)
class Client:
    """The client of a request, according to the connection and the trusted proxies.

    ``network`` is what counts as one client: an IPv4 address, or the /64 of an IPv6 address.
    """

    ip: str | None
    user_agent: str
    network: str | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "network", None if self.ip is None else network_of(self.ip))


def client_of(request: HttpRequest) -> Client:
    """Return the client IP and its User-Agent, printable and at most 255 characters.

    The IP is ``REMOTE_ADDR``. Behind ``AUTHKIT["TRUSTED_PROXIES"]`` it is the last one in
    ``X-Forwarded-For`` that is not of a proxy; an attacker can send any entries before it.
    It is computed once for a request.
    """
    client: Client | None = getattr(request, _COMPUTED, None)
    if client is None:
        user_agent = _printable(request.META.get("HTTP_USER_AGENT", ""))[:USER_AGENT_LENGTH]
        client = Client(ip_of(request), user_agent)
        setattr(request, _COMPUTED, client)
    return client


#: The request that is being answered; see :func:`answering`.
present_request: ContextVar[HttpRequest | None] = ContextVar("authkit_request", default=None)


@contextmanager
def answering(request: HttpRequest) -> Iterator[None]:
    """Make a request the present one, for what is recorded while it is answered."""
    token = present_request.set(request)
    try:
        yield
    finally:
        present_request.reset(token)


def present_client() -> Client:
    """Return the client of the request that is being answered; an unknown one outside of any."""
    request = present_request.get()
    return Client(ip=None, user_agent="") if request is None else client_of(request)


def ip_of(request: HttpRequest) -> str | None:
    """Return the client IP as :func:`client_of` does, without its User-Agent; None if unknown."""
    ip = _ip(request)
    return None if ip is None else str(ip)


def network_of(ip: str) -> str:
    """Return an IPv4 address unchanged, and the /64 of an IPv6 address."""
    if ":" not in ip:
        return ip
    return str(ipaddress.ip_network((ip, IPV6_PREFIX), strict=False))


def _ip(request: HttpRequest) -> IPAddress | None:
    ip = _parsed(request.META.get("REMOTE_ADDR", ""))
    proxies = conf.TRUSTED_PROXIES
    if not proxies:
        if "HTTP_X_FORWARDED_FOR" in request.META:
            _warn_of_proxy()
        return ip
    for hop, entry in enumerate(_from_the_right(request)):
        if not _is_trusted(proxies, hop, ip):
            break
        further = _parsed(entry)
        if further is None:
            break  # malformed: the proxy that forwarded it is the last known client
        ip = further
    return ip


@cache
def _warn_of_proxy() -> None:
    """Log once in each process that a proxy may be there which the settings do not know."""
    logger.warning(
        "A request has X-Forwarded-For, and AUTHKIT['TRUSTED_PROXIES'] names no proxy. If there "
        "is one, all clients have its IP, and share limits that are counted by network."
    )


def _is_trusted(proxies: int | Sequence[str], hop: int, ip: IPAddress | None) -> bool:
    if isinstance(proxies, int):
        return hop < proxies
    # A peer without an IP is behind a unix socket, and so on this machine.
    return ip is None or any(ip in network for network in _networks(tuple(proxies)))


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> tuple[networks.Network, ...]:
    return tuple(map(networks.parse, proxies))


def _from_the_right(request: HttpRequest) -> Iterator[str]:
    header = request.META.get("HTTP_X_FORWARDED_FOR", "")
    for entry in reversed(header.rsplit(",", MOST_HOPS)):
        entry = entry.strip()
        with_port = re.fullmatch(_WITH_PORT, entry, re.ASCII)
        yield (with_port[1] or with_port[2]) if with_port else entry


@lru_cache(maxsize=1024)
def _parsed(value: str) -> IPAddress | None:
    """Return an IP address; one that is IPv4 mapped to IPv6 becomes IPv4."""
    try:
        ip = ipaddress.ip_address(value.partition("%")[0])
    except ValueError:
        return None  # a unix socket has no IP
    return getattr(ip, "ipv4_mapped", None) or ip


def _printable(value: str) -> str:
    return "".join(filter(str.isprintable, value))
