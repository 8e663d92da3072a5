"""The permissions and rate limits of REST framework views, for consumers of Channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import Throttled

from authkit.principals import permissions
from authkit.principals.permissions import Asked
from authkit.realtime.admission import Admitted
from authkit.realtime.database import in_thread


def require(scope: Mapping[str, Any], *classes: Any) -> None:
    """Return if all permissions admit the client of a connection.

    Session, key and user are as they were read last, at most half a minute ago.

    :param classes: as in ``permission_classes``; those that ask about a view have none to ask.
    :raises AuthkitError: one does not. Where the consumer does not catch it, the connection is
        closed with 4403, or 4401 for a step-up.
    """
    admitted = _admitted(scope)
    permissions.require(admitted.handshake, admitted.principal, *classes)


async def arequire(scope: Mapping[str, Any], *classes: Any) -> None:
    """Do what :func:`require` does, in an async consumer: in the thread of Django's ORM."""
    await in_thread(require, scope, *classes)


def throttle(scope: Mapping[str, Any], *classes: Any) -> None:
    """Count one use, such as a message, by rate limits of :mod:`authkit.throttling`.

    A user has one count for connections and requests of the same ``scope`` of a throttle.

    :raises Throttled: one of them is exceeded; ``wait`` is in seconds. Where the consumer does not
        catch it, the connection is closed with 4429.
    """
    admitted = _admitted(scope)
    asked: Any = Asked(admitted.handshake, admitted.principal)
    limits = [kind() for kind in classes]
    exceeded = [one for one in limits if not one.allow_request(asked, None)]
    if exceeded:
        raise Throttled(max(one.wait() or 1 for one in exceeded))


async def athrottle(scope: Mapping[str, Any], *classes: Any) -> None:
    """Do what :func:`throttle` does, in an async consumer: in the thread of Django's ORM."""
    await in_thread(throttle, scope, *classes)


def _admitted(scope: Mapping[str, Any]) -> Admitted:
    admitted = scope.get("authkit")
    if not isinstance(admitted, Admitted):
        raise RuntimeError("The scope has not passed through authkit.realtime.AuthkitMiddleware.")
    return admitted
