"""What a process stands on. Each function returns where its part is usable, and raises else."""

from __future__ import annotations

from django.core.cache import DEFAULT_CACHE_ALIAS
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from authkit.core.cache import cache_of
from authkit.sessions.models import Session
from authkit.signing.configuration import configuration

#: The databases whose migrations are all applied: that stays so as long as the process lives.
_migrated: set[str] = set()


class MigrationsMissing(Exception):
    """The tables are not yet those that the code expects."""


def database() -> None:
    """Ask the database of the sessions, which every request with a token asks."""
    with _connection().cursor() as cursor:
        cursor.execute("SELECT 1")


def cache() -> None:
    """Write to the default cache: one that is full or a replica can still be read.

    What comes back is not compared, since ``DummyCache`` keeps nothing and a full one evicts.
    """
    cache_of(DEFAULT_CACHE_ALIAS).set("authkit.health", 1, timeout=60)


def migrations() -> None:
    """Compare the migrations of every app with those that are applied, until none is missing."""
    connection = _connection()
    if connection.alias in _migrated:
        return
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise MigrationsMissing(f"{len(missing)}, of which {missing[0][0]} is the first")
    _migrated.add(connection.alias)


def signing_keys() -> None:
    """Look for the key that signs now. Reading the keys is done once in a process."""
    configuration().ring.signing_key()


def _connection() -> BaseDatabaseWrapper:
    return connections[router.db_for_write(Session)]
