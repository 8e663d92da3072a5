"""Brute force of passwords: how often one may be wrong, for which name and from where.

Every attempt is counted before it is judged, under the name as it was typed and the place it
came from: the network of the client, or the session of a user who is logged in. Names of no
account are counted and refused like all others, which prevents user enumeration. The counts are
in the database alone: a cache that is emptied, slow or gone changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Min, Q, Sum

from authkit import errors
from authkit.core import clock
from authkit.core.db.prepared import Param, PreparedRow
from authkit.core.http.client import Client, network_of
from authkit.core.identity.users import AuthUser, looked_up, username_of
from authkit.core.limits.attempts import PreparedAttempt
from authkit.core.limits.rates import Limits
from authkit.events import flows as events
from authkit.passwords.models import PasswordAttempts, accounts_of, digest
from authkit.sessions.models import Session

#: Passwords for one name: so many in a window from one place, and so many in a row from one
#: place, or from all places together if the account has no session there.
PASSWORD_LIMITS = Limits(window=timedelta(minutes=15), per_window=10, in_a_row=100)

#: How many of the user's sessions are looked at to find one from the same network.
SESSIONS_LOOKED_AT = 100

#: Counts an attempt on the row of a name and a place.
attempts = PreparedAttempt(PasswordAttempts, PASSWORD_LIMITS)


def _sums(
    rows: models.QuerySet[PasswordAttempts, PasswordAttempts],
) -> models.QuerySet[PasswordAttempts, Any]:
    here = Q(place=Param("place", models.CharField()))
    recent = here & Q(window_started_at__gt=Param("since", models.DateTimeField()))
    of_account = rows.filter(account=Param("account", models.CharField())).values("account")
    return of_account.annotate(
        everywhere=Sum("failures"),
        here=Sum("failures", filter=here, default=0),
        recent=Sum("window_failures", filter=recent, default=0),
        began=Min("window_started_at", filter=recent),
    ).values_list("everywhere", "here", "recent", "began")


#: The failures of an account: from all places, from one, in the windows there that began since,
#: and when the earliest of those began.
sums = PreparedRow(PasswordAttempts, _sums)


def count_log_in(username: str, client: Client) -> PasswordAttempts:
    """Count an attempt to log in by password, before it is judged.

    :raises AttemptsExceeded: too many failed for this name from this network.
    :raises AccountLocked: too many failed for it from networks where it has no session.
    """
    counter = PasswordAttempts.of(username, client.network or "")

    def is_known() -> bool:
        return _has_session_at(client.network, username)

    _count(counter, is_known, username=username, client=client)
    return counter


def count_in_session(user: AuthUser, session: Session) -> PasswordAttempts:
    """Count a password of a user who is logged in, before it is judged.

    An attacker who fails at the log-in does not lock out a user who is logged in.

    :raises AttemptsExceeded: too many were wrong in this session.
    :raises AccountLocked: the same, and time alone will not help.
    """
    counter = PasswordAttempts.of(username_of(user), f"session:{session.pk}")
    _count(counter, lambda: True, user=user.pk, session=session.pk)
    return counter


def reset_password_failures(user: AuthUser) -> None:
    """Forget the wrong passwords for a user, who has a new one now.

    Those for other spellings stay, since they may have been for another user's account. So
    that they do not keep this user out, as many are overlooked where this name is typed.
    """
    name = _name(user)
    failed = _failed(user)
    failed.filter(name=name).update(**PasswordAttempts.FORGIVEN)
    _overlook(name, failed.exclude(name=name).aggregate(sum=Sum("failures"))["sum"] or 0)


def unlock_passwords(user: AuthUser) -> bool:
    """Forget every wrong password for a user, however spelt; return False where there were none."""
    _overlook(_name(user), 0)
    return bool(_failed(user).update(**PasswordAttempts.FORGIVEN))


def _failed(user: AuthUser) -> models.QuerySet[PasswordAttempts, PasswordAttempts]:
    [account] = accounts_of([username_of(user)])
    return PasswordAttempts.objects.filter(account=account, failures__gt=0)


def _name(user: AuthUser) -> str:
    return digest("name", looked_up(username_of(user)))


def _overlook(name: str, failures: int) -> None:
    """Keep, in a row that is of no account, how many failures do not count for a name."""
    own = digest("overlooked", name)
    PasswordAttempts.objects.filter(pk=own).delete()
    if failures:
        PasswordAttempts(id=own, account=own, name=own, place=own, failures=failures).insert()


def _overlooked(name: str) -> int:
    row = PasswordAttempts.objects.filter(pk=digest("overlooked", name)).first()
    return 0 if row is None else row.failures


def _count(counter: PasswordAttempts, is_known: Callable[[], bool], **whose: Any) -> None:
    """Count an attempt, or record and raise why there is none left.

    :param is_known: whether the account is used at this place, so that failures elsewhere
        do not matter. Only asked where they would.
    """
    now = clock.now()
    refusal = None
    if not attempts.count(counter.pk, now):
        refusal = _refusal(counter, now, is_known)
        # Not before: an attempt that is refused anyway leaves no row.
        if refusal is None and not counter.begin(now) and not attempts.count(counter.pk, now):
            refusal = _refusal(counter, now, is_known) or errors.AttemptsExceeded(wait=1)
    if refusal is None:
        # Race condition: others may have counted meanwhile. An attempt that reads after it has
        # counted sees all that counted before it, so no more than the limit are let through.
        refusal = _refusal(counter, now, is_known, counted=1)
        if refusal is None:
            return
        counter.take_back()
    events.record(refusal.default_code, **whose)
    raise refusal


def _refusal(
    counter: PasswordAttempts, now: datetime, is_known: Callable[[], bool], counted: int = 0
) -> errors.AccountLocked | errors.AttemptsExceeded | None:
    """Return why the next attempt is refused, or the last one if it is ``counted``."""
    since = now - PASSWORD_LIMITS.window
    row = sums.get(account=counter.account, place=counter.place, since=since)
    everywhere, here, recent, began = row or (0, 0, 0, now)
    most = PASSWORD_LIMITS.in_a_row - 1 + counted
    if here > most:
        return errors.AccountLocked()
    if everywhere > most and not is_known() and everywhere - _overlooked(counter.name) > most:
        return errors.AccountLocked()
    if recent > PASSWORD_LIMITS.per_window - 1 + counted:
        return errors.AttemptsExceeded(wait=ceil((began - since).total_seconds()))
    return None


def _has_session_at(network: str | None, username: str) -> bool:
    """Say whether the account has a live session from this network.

    One query whether there is such an account or not.
    """
    if network is None:
        return False  # behind a unix socket all clients would share one network
    name = {f"user__{get_user_model().USERNAME_FIELD}": username}
    latest = Session.objects.live().filter(ip__isnull=False, **name).select_related("user")
    return any(
        network_of(str(session.ip)) == network and session.is_live()
        for session in latest[:SESSIONS_LOOKED_AT]
    )


def failures_in_a_row(names: Sequence[str]) -> dict[str, int]:
    """Return how many passwords were wrong for each name since a right one, wherever."""
    accounts = dict(zip(names, accounts_of(names), strict=True))
    failed = PasswordAttempts.objects.filter(account__in=set(accounts.values()), failures__gt=0)
    sums = dict(failed.values_list("account").annotate(sum=Sum("failures")))
    return {name: int(sums.get(account, 0)) for name, account in accounts.items()}
