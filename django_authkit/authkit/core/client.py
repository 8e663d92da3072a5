from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from django.http import HttpRequest

#: What is kept of a User-Agent header. Longer ones are cut: it is shown, never compared.
USER_AGENT_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Client:
    """Who is at the other end, as far as the connection tells."""

    ip: str | None
    user_agent: str


def client_of(request: HttpRequest) -> Client:
    """Return the address of the peer and its User-Agent, printable and at most 255 characters.

    ``X-Forwarded-For`` and its kin are ignored: anybody can send them.
    """
    return Client(
        ip=_valid_address(request.META.get("REMOTE_ADDR", "")),
        user_agent=_printable(request.META.get("HTTP_USER_AGENT", ""))[:USER_AGENT_LENGTH],
    )


def _valid_address(value: str) -> str | None:
    """Return the canonical form of an IP address, an IPv4 one also where it came mapped to IPv6."""
    try:
        address = ipaddress.ip_address(value.partition("%")[0])
    except ValueError:
        return None  # a unix socket has no address
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _printable(value: str) -> str:
    return "".join(character for character in value if character.isprintable())
