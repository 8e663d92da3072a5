"""Counting requests in the database, so that any number of them at once stays within a limit."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from authkit.core import clock
from authkit.core.database import settle
from authkit.core.windows import one_more

if TYPE_CHECKING:
    from authkit.core.client import Client
    from authkit.core.rates import Rate


class RequestCountManager(models.Manager["RequestCount"]):
    def take(self, name: str, limit: int, ends_at: datetime) -> bool:
        """Count one request in the window that ends then; return False if it has had ``limit``."""
        if self._add(name, limit, ends_at):
            return True
        if self._is_full(name, limit, ends_at):
            return False
        row = self.model(name=name, requests=0, ends_at=ends_at)
        settle(lambda: self.bulk_create([row], ignore_conflicts=True), self.model)
        return self._add(name, limit, ends_at)

    def _add(self, name: str, limit: int, ends_at: datetime) -> bool:
        # A window that ends later is that of a server whose clock is ahead.
        same = Q(ends_at__gte=ends_at)
        counters = self.filter(name=name).filter(~same | Q(requests__lt=limit))
        window = one_more(~same, count="requests", moment="ends_at", anew=ends_at)
        return settle(lambda: bool(counters.update(**window)), self.model)

    def _is_full(self, name: str, limit: int, ends_at: datetime) -> bool:
        return self.filter(name=name, ends_at__gte=ends_at, requests__gte=limit).exists()


class RequestCount(models.Model):
    """The requests of one client in the present window of one rate or limit."""

    name = models.CharField(max_length=64, primary_key=True)
    requests = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    objects = RequestCountManager()

    def __str__(self) -> str:
        return self.name


def count_request(kind: str, who: str, limit: Rate) -> int:
    """Count one request of a kind; return 0 if it is within the limit, else the seconds to wait.

    Windows are those of the clock, and the same for everybody. Who it was is kept as an HMAC.
    """
    now = clock.now()
    seconds = int(limit.period.total_seconds())
    end = (int(now.timestamp()) // seconds + 1) * seconds
    digest = salted_hmac("authkit.request_counts", f"{kind}\0{who}", algorithm="sha256")
    if RequestCount.objects.take(digest.hexdigest(), limit.number, clock.at(end)):
        return 0
    return max(1, ceil(end - now.timestamp()))


def count_client(kind: str, client: Client, limit: Rate) -> int:
    """Do what :func:`count_request` does, for the network of a client.

    Clients without an address are not counted: they would be counted as one.
    """
    return 0 if client.network is None else count_request(kind, client.network, limit)
