from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from authkit.core.db.now import DatabaseNow
from authkit.core.db.prepared import Param, PreparedInsert, PreparedRow, PreparedUpdate
from authkit.core.db.primary import PrimaryManager

#: In characters, of the path that a ticket may be bound to.
PATH_LENGTH = 512


class Ticket(models.Model):
    """One connection that a session or a key may open within half a minute.

    Only a digest is stored: the row opens nothing. Both moments are by the clock of the database.
    """

    digest = models.CharField(primary_key=True, max_length=64, editable=False)
    # No foreign keys: rows of sessions and keys are deleted in batches, which these would slow
    # down. Whether there is such a row is asked when the ticket is spent.
    session_id = models.UUIDField(null=True, editable=False)
    api_key_id = models.UUIDField(null=True, editable=False)
    #: What the access token claimed, without its signature.
    claims = models.JSONField(null=True, editable=False)
    path = models.CharField(max_length=PATH_LENGTH, blank=True, editable=False)
    created_at = models.DateTimeField(db_index=True, editable=False)
    spent_at = models.DateTimeField(null=True, editable=False)

    objects = PrimaryManager()

    def __str__(self) -> str:
        return str(self.session_id or self.api_key_id)


_DIGEST = Q(digest=Param("digest", models.CharField()))

#: Stores a new ticket.
insertion = PreparedInsert(Ticket, created_at=DatabaseNow())

#: Compare-and-set: spends a ticket; only one caller can.
spending = PreparedUpdate(Ticket, _DIGEST & Q(spent_at=None), spent_at=DatabaseNow())


def _read(rows: models.QuerySet[Ticket, Ticket]) -> models.QuerySet[Ticket, Any]:
    columns = ("session_id", "api_key_id", "claims", "path", "created_at")
    return rows.filter(_DIGEST).values_list(*columns, DatabaseNow())


#: Reads a ticket, and the present time, by the clock that it was made by.
tickets_by_digest = PreparedRow(Ticket, _read)
