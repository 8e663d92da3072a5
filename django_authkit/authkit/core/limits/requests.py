"""Rate limits in the database, which concurrent requests cannot exceed (compare-and-set)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authkit.core.keyed_names import keyed_names
from authkit.core.limits.models import RequestCount

if TYPE_CHECKING:
    from authkit.core.http.client import Client
    from authkit.core.limits.rates import Rate


def count_request(kind: str, who: str, limit: Rate) -> int:
    """Count one request of a kind; return 0 if it is within the limit, else the seconds to wait.

    The limit holds over every period of its length, and another period counts anew. The client
    is stored as an HMAC.
    """
    counted = f"{kind}\0{who}\0{limit.period.total_seconds():.0f}"
    name, *earlier = keyed_names("authkit.request_counts", counted)
    return RequestCount.objects.take(name, limit, earlier=earlier)


def count_client(kind: str, client: Client, limit: Rate) -> int:
    """Do what :func:`count_request` does, for the network of a client.

    Clients without an IP are not counted: all of them would count as one.
    """
    return 0 if client.network is None else count_request(kind, client.network, limit)
