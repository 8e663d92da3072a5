"""Counts of wrong passwords."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import F
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from authkit.core import clock
from authkit.core.db.collation import sort_keys
from authkit.core.db.compiled_attempts import CompiledAttempts
from authkit.core.db.compiled_insert import CompiledInsert
from authkit.core.db.compiled_update import CompiledUpdate
from authkit.core.db.primary import PrimaryManager
from authkit.core.db.retry import retry_on_conflict
from authkit.core.identity.users import looked_up
from authkit.core.limits.models import AttemptCounter

#: Combining marks, and what cannot be seen: left out where names are compared.
_INVISIBLE = {"Mn", "Me", "Cf", "Cc"}


class PasswordAttempts(AttemptCounter):
    """How often a password was wrong for one spelling of a name, from one place.

    Identified by HMACs, so the table tells nobody who logs in here, or from where. Spellings
    of one name have rows of their own, since a success must not forgive what was guessed for
    an account whose name only looks the same; they share the limits.
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
        """Return the counter of a name and a place, whether it has been stored or not."""
        name = looked_up(name)
        account = _account(name)
        return cls(
            id=_digest(account, place, name),
            account=account,
            name=_digest("name", name),
            place=_digest(account, place),
        )

    def begin(self) -> bool:
        """Insert the row with this attempt in it; return False if somebody else just has."""
        self.failures = self.window_failures = 1
        self.window_started_at = clock.now()
        return retry_on_conflict(partial(insertion.try_run, self), PasswordAttempts)

    def forgive(self) -> None:
        """Forget this attempt and the failures before it: the password was right."""
        forgiveness.run(self.FORGIVEN, where={"id": self.pk})

    def take_back(self) -> None:
        """Forget this attempt: it was not judged."""
        mine = PasswordAttempts.objects.filter(pk=self.pk)
        counted = mine.filter(failures__gt=0, window_failures__gt=0)
        counted.update(failures=F("failures") - 1, window_failures=F("window_failures") - 1)


#: Counts an attempt, and sums those of an account.
statements = CompiledAttempts(PasswordAttempts)


#: Writes the row of a name and a place that has none.
insertion = CompiledInsert(PasswordAttempts, unless_there=True)


#: What a success does to the row of its name and place.
forgiveness = CompiledUpdate(PasswordAttempts, assigns=list(AttemptCounter.FORGIVEN), equals=["id"])


def _account(name: str) -> str:
    return _accounts([name])[0]


def _accounts(names: Sequence[str]) -> list[str]:
    """Return for each name what all spellings share that may mean one account.

    A backend may not look at capitals, and a database neither at capitals nor at accents.
    """
    model = get_user_model()
    column: Any = model._meta.get_field(model.USERNAME_FIELD)
    keys = sort_keys(column, [_folded(looked_up(name)) for name in names])
    return [_digest("account", key) for key in keys]


def _folded(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    letters = unicodedata.normalize("NFKD", folded)
    return "".join(c for c in letters if unicodedata.category(c) not in _INVISIBLE).strip()


def _digest(*parts: str) -> str:
    value = "\0".join(parts)
    return salted_hmac("authkit.attempts", value, algorithm="sha256").hexdigest()[:32]
