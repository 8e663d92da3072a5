"""Failed password attempts, the networks of completed log-ins, and other names of accounts."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from authkit.core.crypto import Secret, secret_keys
from authkit.core.db.collation import sort_keys
from authkit.core.db.prepared import Param, PreparedUpdate, bound, params
from authkit.core.db.primary import PrimaryManager
from authkit.core.db.retry import atomic_with_retry, retry_on_conflict
from authkit.core.identity.users import canonical, looked_up
from authkit.core.keyed_names import keyed_name
from authkit.core.limits.models import AttemptCounter

#: Combining marks and invisible characters, which the comparison of names ignores.
_INVISIBLE = {"Mn", "Me", "Cf", "Cc"}


class PasswordAttempts(AttemptCounter):
    """The failed passwords for one spelling of a user name, from one place.

    HMACs identify the row, so the table reveals neither users nor networks. Spellings of one
    name share the limits, but have a row each: a success must not reset the failures of an
    account whose name only looks the same.

    After a rotation of SECRET_KEY, failures are counted on a row with the present HMACs, and those
    of the rows with earlier ones still count. Rows stay as they are, since processes that do not
    know the present SECRET_KEY yet find them there.
    """

    id = models.CharField(primary_key=True, max_length=32, editable=False)
    account = models.CharField(max_length=32, editable=False, db_index=True)
    name = models.CharField(max_length=32, editable=False, db_index=True)
    place = models.CharField(max_length=32, editable=False)
    #: When the account last completed a log-in here; for the place of resets, its last reset.
    proved_at = models.DateTimeField(null=True, editable=False)

    #: This counter under each of SECRET_KEY_FALLBACKS.
    earlier: Sequence[PasswordAttempts] = ()

    objects = PrimaryManager()

    class Meta:
        verbose_name = _("password attempts")
        verbose_name_plural = _("password attempts")

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def of(cls, name: str, place: str) -> PasswordAttempts:
        """Return the counter of a name and a place, stored or not."""
        known_as = looked_up(name)
        folded, exact = sort_keys(_column(), [_folded(known_as), known_as])
        counter, *earlier = [cls._under(key, folded, exact, place) for key in secret_keys()]
        counter.earlier = earlier
        return counter

    @classmethod
    def _under(cls, secret: Secret, folded: str, exact: str, place: str) -> PasswordAttempts:
        """Return the counter under one of :func:`secret_keys`.

        :param folded: what all spellings of the name share.
        :param exact: the name as the database sees it.
        """
        account, name = digest(secret, "account", folded), digest(secret, "name", exact)
        return cls(
            id=digest(secret, account, place, name),
            account=account,
            name=name,
            place=digest(secret, account, place),
        )

    def each(self, column: str) -> list[str]:
        """Return the value of a column under each of :func:`secret_keys`, the present one first."""
        return [getattr(counter, column) for counter in (self, *self.earlier)]

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
        ids = self.each("id")
        forgiveness(len(ids)).run(**bound("id", ids))

    def prove(self, now: datetime) -> None:
        """Note that the owner was proved here, which ends the failures in a row of this name.

        Elsewhere the windows go on: a success gives guessers no new attempts.
        """
        end = partial(proofs(1 + len(self.earlier)).run, now=now, **self._bound())
        if not end():
            self.proved_at = now
            if not self.insert():
                end()

    def take_back(self) -> None:
        """Undo the count of this attempt: its password was not checked, or was right."""
        taking_back.run(id=self.pk)

    def carry_over(self) -> int:
        """Give the rows of this account the present HMACs of account and name.

        The place and the primary key of a row stay, as an HMAC does not tell what it was made of.
        """
        _, *accounts = self.each("account")
        _, *names = self.each("name")
        rows = PasswordAttempts.objects.filter(account__in=self.each("account"))
        outdated = rows.filter(Q(account__in=accounts) | Q(name__in=names))
        own_name = Case(When(name__in=names, then=Value(self.name)), default=F("name"))
        rename = partial(outdated.update, account=self.account, name=own_name)
        return retry_on_conflict(rename, PasswordAttempts)

    def _bound(self) -> dict[str, Any]:
        columns = ("id", "account", "name")
        return {key: text for name in columns for key, text in bound(name, self.each(name)).items()}


taking_back = PreparedUpdate(
    PasswordAttempts,
    Q(id=Param("id", models.CharField()), failures__gt=0, window_failures__gt=0),
    failures=F("failures") - 1,
    window_failures=F("window_failures") - 1,
)


@cache
def forgiveness(keys: int) -> PreparedUpdate[PasswordAttempts]:
    """Return what a right password in a session does to the row of its name and place.

    :param keys: how many secret keys name the row, as for all these statements.
    """
    here = Q(id__in=params("id", keys, models.CharField()))
    return PreparedUpdate(PasswordAttempts, here, **AttemptCounter.FORGIVEN)


@cache
def proofs(keys: int) -> PreparedUpdate[PasswordAttempts]:
    """Return what a completed log-in does to the rows of its name, and to the one of its place."""
    ids, accounts, names = [
        params(column, keys, models.CharField()) for column in ("id", "account", "name")
    ]
    here = Q(id__in=ids)
    return PreparedUpdate(
        PasswordAttempts,
        here | Q(account__in=accounts, name__in=names, failures__gt=0),
        failures=0,
        window_failures=Case(
            When(here, then=Value(0, models.PositiveIntegerField())), default=F("window_failures")
        ),
        last_attempt_at=Case(
            When(here, then=Value(None, models.DateTimeField())), default=F("last_attempt_at")
        ),
        proved_at=Case(
            When(here, then=Param("now", models.DateTimeField())), default=F("proved_at")
        ),
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
    def keys_of(name: str) -> list[str]:
        """Return the primary key of a name under each of :func:`secret_keys`."""
        return [digest(secret, "login name", canonical(name)) for secret in secret_keys()]


def accounts_of(names: Sequence[str]) -> list[list[str]]:
    """Return for each name the digests that all spellings of one account share.

    One for each of :func:`secret_keys`. A backend may ignore case, and the collation of a database
    case and accents.
    """
    folded = sort_keys(_column(), [_folded(looked_up(name)) for name in names])
    return [[digest(secret, "account", text) for secret in secret_keys()] for text in folded]


def _column() -> Any:
    model = get_user_model()
    return model._meta.get_field(model.USERNAME_FIELD)


def _folded(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    letters = unicodedata.normalize("NFKD", folded)
    return "".join(c for c in letters if unicodedata.category(c) not in _INVISIBLE).strip()


def digest(secret: Secret, *parts: str) -> str:
    return keyed_name("authkit.attempts", "\0".join(parts), secret)[:32]
