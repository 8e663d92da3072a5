"""Failed password attempts."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from authkit.core.db.collation import sort_keys
from authkit.core.db.prepared import Param, PreparedUpdate
from authkit.core.db.primary import PrimaryManager
from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity.users import looked_up
from authkit.core.limits.models import AttemptCounter

#: Combining marks and invisible characters, which the comparison of names ignores.
_INVISIBLE = {"Mn", "Me", "Cf", "Cc"}


class PasswordAttempts(AttemptCounter):
    """The failed passwords for one spelling of a user name, from one place.

    HMACs identify the row, so the table reveals neither users nor networks. Spellings of one
    name share the limits, but have a row each: a success must not reset the failures of an
    account whose name only looks the same.
    """

    id = models.CharField(primary_key=True, max_length=32, editable=False)
    account = models.CharField(max_length=32, editable=False, db_index=True)
    name = models.CharField(max_length=32, editable=False, db_index=True)
    place = models.CharField(max_length=32, editable=False)

    objects = PrimaryManager()

    class Meta:
        verbose_name = _("password attempts")
        verbose_name_plural = _("password attempts")

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def of(cls, name: str, place: str) -> PasswordAttempts:
        """Return the counter of a name and a place, stored or not."""
        name = looked_up(name)
        [account] = _accounts_of([name])
        return cls(
            id=digest(account, place, name),
            account=account,
            name=digest("name", name),
            place=digest(account, place),
        )

    def begin(self, now: datetime) -> bool:
        """Insert the row with this attempt; return False if a concurrent request was first."""
        self.failures = self.window_failures = 1
        self.window_started_at = now
        return self.insert()

    def insert(self) -> bool:
        """Insert the row; return False if a concurrent request was first."""
        try:
            atomic_with_retry(partial(self.save, force_insert=True), PasswordAttempts)
        except IntegrityError:
            return False
        return True

    def forgive(self) -> None:
        """Reset this attempt and earlier failures: the password was right."""
        forgiveness.run(id=self.pk)

    def take_back(self) -> None:
        """Undo the count of this attempt: its password was not checked."""
        row = PasswordAttempts.objects.filter(pk=self.pk)
        counted = row.filter(failures__gt=0, window_failures__gt=0)
        counted.update(failures=F("failures") - 1, window_failures=F("window_failures") - 1)


#: What a success does to the row of its name and place.
forgiveness = PreparedUpdate(
    PasswordAttempts, Q(id=Param("id", models.CharField())), **AttemptCounter.FORGIVEN
)


def accounts_of(names: Sequence[str]) -> list[str]:
    """Return for each name a digest that all spellings of one account share.

    A backend may ignore case, and the collation of a database case and accents.
    """
    return _accounts_of([looked_up(name) for name in names])


def _accounts_of(looked_up_names: Sequence[str]) -> list[str]:
    model = get_user_model()
    column: Any = model._meta.get_field(model.USERNAME_FIELD)
    keys = sort_keys(column, [_folded(name) for name in looked_up_names])
    return [digest("account", key) for key in keys]


def _folded(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    letters = unicodedata.normalize("NFKD", folded)
    return "".join(c for c in letters if unicodedata.category(c) not in _INVISIBLE).strip()


def digest(*parts: str) -> str:
    value = "\0".join(parts)
    return salted_hmac("authkit.attempts", value, algorithm="sha256").hexdigest()[:32]
