"""Networks in CIDR notation (RFC 4632, RFC 4291 section 2.3). Arithmetic only."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

#: The IPv4-mapped IPv6 addresses (RFC 4291 section 2.5.5.2).
MAPPED = IPv6Network("::ffff:0:0/96")


def parse(network: str) -> Network:
    """Return a network; a single IP is a network of one, an IPv4-mapped network is IPv4.

    :raises ValueError: it is no network, or has bits set to the right of its mask.
    """
    if "%" in network:
        raise ValueError("a zone is known to one host alone")
    return _unmapped(ip_network(network))


def canonical(network: str) -> str:
    """Return the one spelling of a network.

    >>> canonical("::ffff:192.0.2.0/120"), canonical("2001:DB8::1")
    ('192.0.2.0/24', '2001:db8::1/128')

    :raises ValueError: as :func:`parse`.
    """
    return str(parse(network))


@lru_cache(maxsize=4096)
def contains(networks: str, ip: str | None) -> bool:
    """Say whether an IP is in one of the networks, which are separated by spaces.

    No networks are every network. An unknown IP is in none (fail closed).
    """
    if not networks:
        return True
    if ip is None:
        return False
    address = ip_address(ip)
    return any(address in network for network in map(ip_network, networks.split()))


def joined(networks: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(map(canonical, networks)))


def _unmapped(network: Network) -> Network:
    if isinstance(network, IPv6Network) and network.subnet_of(MAPPED):
        address = network.network_address.ipv4_mapped
        return ip_network(f"{address}/{network.prefixlen - MAPPED.prefixlen}")
    return network
