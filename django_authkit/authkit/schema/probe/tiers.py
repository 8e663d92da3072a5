"""How deeply views are looked into, and what that needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from django.db import connections
from django.db.backends.base.creation import TEST_DATABASE_PREFIX


class Tier(IntEnum):
    """How deep the probe goes, the cheapest first.

    T0: the permissions of REST framework, whose answers are known. T1: the view, without SQL.
    T2: the whole stack, middleware and decorators included, up to the handler. T3: also the
    permissions about an object, with rows of the database. T4: the handlers of GET, rolled back.
    """

    T0 = 0
    T1 = 1
    T2 = 2
    T3 = 3
    T4 = 4

    @property
    def label(self) -> str:
        return self.name


#: Databases that refuse every write of a transaction that was begun as read-only.
READ_ONLY_TRANSACTIONS = ("mysql", "postgresql")


class UnsafeProbe(Exception):
    """The tier uses a database in a way that the user has not allowed."""


@dataclass(frozen=True)
class Probe:
    """The order for an audit.

    ``tier`` None goes as deep as is safe: T3 if each database can be reached and refuses writes by
    itself, or was made for tests; else T1. ``params`` are real values for the placeholders of
    paths, by name. ``allow_any_database`` allows all tiers on any database.
    """

    tier: Tier | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    allow_any_database: bool = False

    def resolved(self) -> Tier:
        """Return the tier to go to. Raises ``UnsafeProbe``."""
        if self.tier is None:
            readable = (self.allow_any_database or not _unsafe(Tier.T3)) and _reachable()
            return Tier.T3 if readable else Tier.T1
        unsafe = [] if self.allow_any_database else _unsafe(self.tier)
        if unsafe:
            does = "reads" if self.tier < Tier.T4 else "runs handlers on"
            raise UnsafeProbe(
                f"{self.tier.label} {does} the database {unsafe[0]}, which is neither SQLite "
                "nor a database for tests. Nothing is written, but say --allow-any-database."
            )
        return self.tier


def _unsafe(tier: Tier) -> list[str]:
    """Return the aliases of the databases on which *tier* has to be allowed."""
    if tier < Tier.T2:
        return []
    return [one.alias for one in connections.all() if not _is_safe(one, tier)]


def _is_safe(connection: Any, tier: Tier) -> bool:
    if connection.vendor in ("sqlite", "unknown") or is_made_for_tests(connection.settings_dict):
        return True
    # A handler of the project may read more of a real database than is good for it.
    return connection.vendor in READ_ONLY_TRANSACTIONS and tier < Tier.T4


def is_made_for_tests(settings: Mapping[str, Any]) -> bool:
    name = str(settings["NAME"])
    return name.startswith(TEST_DATABASE_PREFIX) or name == settings["TEST"].get("NAME")


def _reachable() -> bool:
    try:
        for connection in connections.all():
            # A SimpleTestCase refuses cursors, also of a connection that is open already.
            connection.cursor().close()
    except Exception:  # a backend may fail in any way, and then views are probed without rows
        return False
    return True
