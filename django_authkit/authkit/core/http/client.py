from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache

from django.http import HttpRequest

from authkit.conf import conf
from authkit.core.http import networks

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: What is kept of a User-Agent header. Longer ones are cut: it is shown, never compared.
USER_AGENT_LENGTH = 255

#: What one customer of a provider is given of IPv6 at least (RFC 6177), so what is counted as one.
IPV6_PREFIX = 64

#: The longest chain of proxies that is followed; a header of 64 KiB has room for many more.
MOST_HOPS = 32

#: The attribute of a request that keeps its client.
_COMPUTED = "_authkit_client"

#: Some proxies write the port beside the address. Compiled where there is a proxy.
_WITH_PORT = r"\[([^\[\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+"


@dataclass(frozen=True, slots=True)
class Client:
    """The client of a request, as far as the connection and the trusted proxies tell.

    ``network`` is what counts as one client: an IPv4 address, or the /64 of an IPv6 one.
    """

    ip: str | None
    user_agent: str
    network: str | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "network", None if self.ip is None else network_of(self.ip))


def client_of(request: HttpRequest) -> Client:
    """Return the address of the client and its User-Agent, printable and at most 255 characters.

    The address is ``REMOTE_ADDR``. Behind ``AUTHKIT["TRUSTED_PROXIES"]`` it is the last one in
    ``X-Forwarded-For`` that none of them has; what stands before it, anybody can have sent.
    It is computed once for a request.
    """
    client: Client | None = getattr(request, _COMPUTED, None)
    if client is None:
        user_agent = _printable(request.META.get("HTTP_USER_AGENT", ""))[:USER_AGENT_LENGTH]
        client = Client(address_of(request), user_agent)
        setattr(request, _COMPUTED, client)
    return client


#: The request that is being answered; see :meth:`authkit.core.http.views.AuthkitView.dispatch`.
present_request: ContextVar[HttpRequest | None] = ContextVar("authkit_request", default=None)


def present_client() -> Client:
    """Return the client of the request that is being answered; an unknown one outside of any."""
    request = present_request.get()
    return Client(ip=None, user_agent="") if request is None else client_of(request)


def address_of(request: HttpRequest) -> str | None:
    """Return the address of the client as :func:`client_of` does, where nothing else matters."""
    address = _address(request)
    return None if address is None else str(address)


def network_of(ip: str) -> str:
    """Return an IPv4 address as it is, and the /64 that an IPv6 address is in."""
    if ":" not in ip:
        return ip
    return str(ipaddress.ip_network((ip, IPV6_PREFIX), strict=False))


def _address(request: HttpRequest) -> Address | None:
    address = _parsed(request.META.get("REMOTE_ADDR", ""))
    proxies = conf.TRUSTED_PROXIES
    if not proxies:
        return address
    for hop, entry in enumerate(_from_the_right(request)):
        if not _is_trusted(proxies, hop, address):
            break
        further = _parsed(entry)
        if further is None:
            break  # garbage: the proxy that passed it on is all that is known
        address = further
    return address


def _is_trusted(proxies: int | Sequence[str], hop: int, address: Address | None) -> bool:
    if isinstance(proxies, int):
        return hop < proxies
    # A peer without an address is behind a unix socket, and so on this machine.
    return address is None or any(address in network for network in _networks(tuple(proxies)))


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
def _parsed(value: str) -> Address | None:
    """Return an IP address, an IPv4 one also where it came mapped to IPv6."""
    try:
        address = ipaddress.ip_address(value.partition("%")[0])
    except ValueError:
        return None  # a unix socket has no address
    return getattr(address, "ipv4_mapped", None) or address


def _printable(value: str) -> str:
    return "".join(filter(str.isprintable, value))
