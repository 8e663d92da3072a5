"""The present time by the clock of the database: the one clock that all servers share."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now

from authkit.core.db.prepared import Param


class DatabaseNow(Now):
    """In a prepared statement that is given ``now``, the time by the clock of this process.

    SQLite has no server: the processes that share its file share the clock of their machine.
    """

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return Param("now", models.DateTimeField()).as_sql(compiler, connection)

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # In UTC, whatever time zone the server has: no hour comes twice.
        return "UTC_TIMESTAMP(6)", []
