from __future__ import annotations

from functools import partial
from typing import Any, TypeVar

from django.db import models, router

from authkit.core.db.retry import retry_on_conflict

M = TypeVar("M", bound=models.Model, covariant=True)


class PrimaryQuerySet(models.QuerySet[M]):
    """A queryset of rows that decide about authentication.

    They are read from the primary: a replica may be late, and not have a spent code, a revoked
    session or a new second factor (replay). A conditional ``update()`` or ``delete()`` is a
    compare-and-set: its count says which caller was first under every isolation level.
    """

    @property
    def db(self) -> str:
        chosen: str | None = self._db  # type: ignore[attr-defined]  # the stubs leave it out
        return chosen or router.db_for_write(self.model)

    def update(self, **values: Any) -> int:
        return retry_on_conflict(partial(super().update, **values), self.model)

    def delete(self) -> tuple[int, dict[str, int]]:
        return retry_on_conflict(super().delete, self.model)

    update.alters_data = True  # type: ignore[attr-defined]  # as Django marks its own
    delete.alters_data = True  # type: ignore[attr-defined]  # for templates, which call neither


#: One class for all models: ``as_manager()`` would make one for each, at every start.
PrimaryManager = models.Manager.from_queryset(PrimaryQuerySet)
