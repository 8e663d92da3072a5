"""Whether a key may be used now, from this IP. No HTTP: for WebSocket handshakes as well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from logging import WARNING, getLogger
from uuid import UUID

from django.db import router, transaction
from django.db.models import Q

from authkit.api_keys.cache import recall, remember
from authkit.api_keys.keys import prefix_of
from authkit.api_keys.models import APIKey
from authkit.conf import conf
from authkit.core import clock
from authkit.core.db.apart import apart_from_request
from authkit.core.db.best_effort import best_effort
from authkit.core.db.primary import PrimaryQuerySet
from authkit.core.http import networks
from authkit.core.http.client import Client
from authkit.core.limits import rates
from authkit.core.limits.models import RequestCount
from authkit.core.limits.requests import count_request
from authkit.errors import APIKeyInvalid, APIKeyRateExceeded
from authkit.events.flows import record

logger = getLogger("authkit.api_keys")

#: The precision of ``last_used_at``, which is written at most this often.
LAST_USED_PRECISION = timedelta(minutes=1)

#: Returns the client IP, or None if it is unknown. It is called only where the IP is needed.
ClientIP = Callable[[], str | None]


def use_key(
    key: str, get_ip: ClientIP, prefix_of: Callable[[str], str | None] | None = None
) -> APIKey:
    """Return the row of a valid key with its owner, and count the use.

    :param prefix_of: returns the prefix of a key that has another format.
    :raises APIKeyInvalid: for every other key; only the security event has the reason.
    :raises APIKeyRateExceeded: its rate limit is exceeded; ``wait`` is in seconds.
    """
    prefix = (prefix_of or branded_prefix_of)(key)
    if prefix is None:
        raise APIKeyInvalid
    with apart_from_request(APIKey, only_serializable=True):
        return _use(key, prefix, get_ip)


def use_verified_key(key_id: UUID, get_ip: ClientIP) -> APIKey:
    """Do what :func:`use_key` does, for the id of a key that was verified a moment ago.

    :raises APIKeyInvalid: it is not valid any more.
    :raises APIKeyRateExceeded: its rate limit is exceeded; ``wait`` is in seconds.
    """
    api_key = APIKey.objects.by_id.get(id=key_id)
    if api_key is None:
        raise APIKeyInvalid
    _reject_if_unusable(api_key, get_ip)
    if api_key.rate:
        count_use(api_key)
    return api_key


def branded_prefix_of(key: str) -> str | None:
    return prefix_of(key, conf.API_KEY_BRAND)


def count_use(api_key: APIKey) -> None:
    """Count one use of a key within its rate limit (compare-and-set).

    Under ``ATOMIC_REQUESTS`` it is counted also where the request is rolled back.

    :raises APIKeyRateExceeded: no use is left; ``wait`` is in seconds.
    """
    with apart_from_request(RequestCount):
        wait = count_request("api_key", str(api_key.pk), rates.parse(api_key.rate))
    if wait:
        raise APIKeyRateExceeded(wait)


def note_use(api_key: APIKey, get_ip: ClientIP) -> None:
    """Write time and client IP of the last use, at most once a minute.

    They are written after the commit, so that no transaction locks the row for as long as the
    request takes. A failure is logged and not raised: a read-only database is no reason to refuse
    a key.
    """
    now = clock.now()
    last = api_key.last_used_at
    if last is None or clock.age_of(last, now) >= LAST_USED_PRECISION:
        ip = get_ip()

        def write() -> None:
            with best_effort(
                APIKey, logger, WARNING, "The last use of an API key was not written."
            ):
                _write_use(api_key, now, ip)

        transaction.on_commit(write, using=router.db_for_write(APIKey))


def _use(key: str, prefix: str, get_ip: ClientIP) -> APIKey:
    api_key, is_fresh = _find(prefix)
    if not APIKey.objects.key_generator.matches(key, api_key) or api_key is None:
        raise APIKeyInvalid
    _reject_if_unusable(api_key, get_ip)
    if api_key.rate:
        count_use(api_key)
    if is_fresh:
        note_use(api_key, get_ip)
    return api_key


def _find(prefix: str) -> tuple[APIKey | None, bool]:
    """Return the row, and whether it was read from the database and not from the cache."""
    lookup = APIKey.objects.by_prefix
    if not conf.API_KEY_CACHE_SECONDS or not lookup.is_prepared():
        return lookup.get(prefix=prefix), True
    place = {"using": router.db_for_write(APIKey), "columns": lookup.columns}
    remembered = recall(prefix, **place)
    if remembered is not None:
        return lookup.build(remembered), False
    since = clock.now().timestamp()
    row = lookup.row(prefix=prefix)
    if row is None:
        return None, True
    remember(prefix, row, **place, since=since)
    return lookup.build(row), True


def _reject_if_unusable(api_key: APIKey, get_ip: ClientIP) -> None:
    reason = api_key.rejection_reason()
    if reason is None and api_key.networks and not networks.contains(api_key.networks, get_ip()):
        reason = "network"
    if reason is not None:
        record(
            "api_key_refused",
            user=api_key.owner_id,
            client=Client(get_ip(), ""),
            api_key=api_key.pk,
            reason=reason,
        )
        raise APIKeyInvalid


def _write_use(api_key: APIKey, now: datetime, ip: str | None) -> None:
    due = Q(last_used_at__lte=now - LAST_USED_PRECISION) | Q(last_used_at__gt=now + clock.MAX_SKEW)
    _rows(api_key).filter(due | Q(last_used_at=None)).update(last_used_at=now, last_used_ip=ip)


def _rows(api_key: APIKey) -> PrimaryQuerySet[APIKey]:
    # Without the manager: a count does not remove the key from the cache.
    return PrimaryQuerySet(APIKey).filter(pk=api_key.pk)
