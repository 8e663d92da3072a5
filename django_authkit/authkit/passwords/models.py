"""Failed password attempts, the networks of completed log-ins, and other names of accounts."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, models
from django.db.models import Case, F, Q, Value, When
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from authkit.core.db.collation import sort_keys
from authkit.core.db.prepared import Param, PreparedUpdate
from authkit.core.db.primary import PrimaryManager
from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity.users import canonical, looked_up
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
    #: When the account last completed a log-in here; for the place of resets, its last reset.
    proved_at = models.DateTimeField(null=True, editable=False)

    objects = PrimaryManager()

    class Meta:
        verbose_name = _("password attempts")
        verbose_name_plural = _("password attempts")

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def of(cls, name: str, place: str) -> PasswordAttempts:
        """Return the counter of a name and a place, stored or not."""
        account, own_name = _digests_of(looked_up(name))
        return cls(
            id=digest(account, place, own_name),
            account=account,
            name=own_name,
            place=digest(account, place),
        )

    def begin(self, now: datetime) -> bool:
        """Insert the row with this attempt; return False if a concurrent request was first."""
        self.failures = self.window_failures = 1
        self.last_attempt_at = now
        return self.insert()

    def insert(self) -> bool:
        """Insert the row; return False if a concurrent request was first."""
        try:
            atomic_with_retry(partial(self.save, force_insert=True), PasswordAttempts)
        except IntegrityError:
            return False
        return True

    def forgive(self) -> None:
        """Reset this attempt and earlier failures here: the password was right."""
        forgiveness.run(id=self.pk)

    def prove(self, now: datetime) -> None:
        """Note that the owner was proved here, which ends the failures in a row of this name.

        Elsewhere the windows go on: a success gives guessers no new attempts.
        """
        proof = {"id": self.pk, "account": self.account, "name": self.name, "now": now}
        if not proofs.run(**proof):
            self.proved_at = now
            if not self.insert():
                proofs.run(**proof)

    def take_back(self) -> None:
        """Undo the count of this attempt: its password was not checked, or was right."""
        taking_back.run(id=self.pk)


_ID = Param("id", models.CharField())

#: What a right password in a session does to the row of its name and place.
forgiveness = PreparedUpdate(PasswordAttempts, Q(id=_ID), **AttemptCounter.FORGIVEN)

taking_back = PreparedUpdate(
    PasswordAttempts,
    Q(id=_ID, failures__gt=0, window_failures__gt=0),
    failures=F("failures") - 1,
    window_failures=F("window_failures") - 1,
)

_HERE = Q(id=_ID)
_FAILED = Q(
    account=Param("account", models.CharField()),
    name=Param("name", models.CharField()),
    failures__gt=0,
)

#: What a completed log-in does to the rows of its name, and to the one of its place.
proofs = PreparedUpdate(
    PasswordAttempts,
    _HERE | _FAILED,
    failures=0,
    window_failures=Case(
        When(_HERE, then=Value(0, models.PositiveIntegerField())), default=F("window_failures")
    ),
    last_attempt_at=Case(
        When(_HERE, then=Value(None, models.DateTimeField())), default=F("last_attempt_at")
    ),
    proved_at=Case(When(_HERE, then=Param("now", models.DateTimeField())), default=F("proved_at")),
)


class LoginName(models.Model):
    """Another name that leads to an account, learnt when it logged in by it.

    Backends of a project may take an e-mail address, or a number of an employee. The HMAC of the
    canonical form identifies the name. So one account has one budget whatever the name.
    """

    id = models.CharField(primary_key=True, max_length=32, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="authkit_login_names",
        editable=False,
    )

    objects = PrimaryManager()

    class Meta:
        verbose_name = _("log-in name")
        verbose_name_plural = _("log-in names")

    def __str__(self) -> str:
        return str(self.pk)

    @staticmethod
    def key_of(name: str) -> str:
        return digest("login name", canonical(name))


def accounts_of(names: Sequence[str]) -> list[str]:
    """Return for each name a digest that all spellings of one account share.

    A backend may ignore case, and the collation of a database case and accents.
    """
    keys = sort_keys(_column(), [_folded(looked_up(name)) for name in names])
    return [digest("account", key) for key in keys]


def _digests_of(name: str) -> tuple[str, str]:
    """Return the digest that all spellings share, and that of the name as the database sees it."""
    folded, exact = sort_keys(_column(), [_folded(name), name])
    return digest("account", folded), digest("name", exact)


def _column() -> Any:
    model = get_user_model()
    return model._meta.get_field(model.USERNAME_FIELD)


def _folded(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    letters = unicodedata.normalize("NFKD", folded)
    return "".join(c for c in letters if unicodedata.category(c) not in _INVISIBLE).strip()


def digest(*parts: str) -> str:
    value = "\0".join(parts)
    return salted_hmac("authkit.attempts", value, algorithm="sha256").hexdigest()[:32]
