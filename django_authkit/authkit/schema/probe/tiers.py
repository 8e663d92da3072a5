"""How deeply views are looked into, and what that needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from django.db import connections


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


class UnsafeProbe(Exception):
    """The tier reads a database, and the user has not allowed that."""


@dataclass(frozen=True)
class Probe:
    """The order for an audit.

    ``tier`` None goes as deep as is safe: T3 on databases made for tests and on SQLite, else T1.
    ``params`` are real values for the placeholders of paths, by name. ``allow_any_database``
    allows reading any database.
    """

    tier: Tier | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    allow_any_database: bool = False

    def resolved(self) -> Tier:
        """Return the tier to go to. Raises ``UnsafeProbe``."""
        if self.tier is None:
            readable = (self.allow_any_database or not _others()) and _reachable()
            return Tier.T3 if readable else Tier.T1
        if self.tier >= Tier.T2 and not self.allow_any_database and _others():
            raise UnsafeProbe(
                f"{self.tier.label} reads the database {_others()[0]}, which is neither SQLite "
                "nor a database for tests. Nothing is written, but say --allow-any-database."
            )
        return self.tier


def _others() -> list[str]:
    """Return the aliases of the databases that are neither SQLite nor made for tests."""
    return [one.alias for one in connections.all() if not _is_harmless(one)]


def _is_harmless(connection: Any) -> bool:
    settings = connection.settings_dict
    name = str(settings["NAME"])
    made_for_tests = name.startswith("test_") or name == settings["TEST"].get("NAME")
    return made_for_tests or connection.vendor in ("sqlite", "unknown")


def _reachable() -> bool:
    try:
        for connection in connections.all():
            # A SimpleTestCase refuses cursors, also of a connection that is open already.
            connection.cursor().close()
    except Exception:  # a backend may fail in any way, and then views are probed without rows
        return False
    return True
