"""Brute force and credential stuffing: failure limits and lockout for passwords.

Sources: ASVS 5.0, 6.3.1; NIST SP 800-63B-4 section 3.2.2. Every attempt is counted before it is
checked, for the name as it was typed and for a place: the network of the client, or the session of
a logged-in user. Unknown names are counted and refused alike, which prevents user enumeration. The
counts are in the database alone, so a cache that is empty, slow or unavailable changes nothing.
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

#: Failures for one name: ``per_window`` from one place; ``in_a_row`` from one place, or from all
#: places together if the account has no session at this one.
PASSWORD_LIMITS = Limits(window=timedelta(minutes=15), per_window=10, in_a_row=100)

#: How many sessions of the user are searched for one from the same network.
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


#: The failures of an account: from all places, from one, in its windows that began since, and
#: the start of the earliest of those windows.
sums = PreparedRow(PasswordAttempts, _sums)


def count_log_in(username: str, client: Client) -> PasswordAttempts:
    """Count an attempt to log in by password, before it is checked.

    :raises AttemptsExceeded: too many failures for this name in the window of this network.
    :raises AccountLocked: lockout after too many in a row here, or anywhere if no session is here.
    """
    counter = PasswordAttempts.of(username, client.network or "")

    def is_known() -> bool:
        return _has_session_at(client.network, username)

    _count(counter, is_known, username=username, client=client)
    return counter


def count_in_session(user: AuthUser, session: Session) -> PasswordAttempts:
    """Count a password of a logged-in user, before it is checked.

    Failures at the log-in do not lock out a logged-in user (denial of service).

    :raises AttemptsExceeded: too many failures in the window of this session.
    :raises AccountLocked: lockout after too many failures in a row in this session.
    """
    counter = PasswordAttempts.of(username_of(user), f"session:{session.pk}")
    _count(counter, lambda: True, user=user.pk, session=session.pk)
    return counter


def reset_password_failures(user: AuthUser) -> None:
    """Reset the failures of a user after a change of password.

    Failures for other spellings stay, since they may concern another user's account. They are
    ignored for this spelling, so that they do not lock this user out.
    """
    name = _name_digest(user)
    failed = _failures_of(user)
    failed.filter(name=name).update(**PasswordAttempts.FORGIVEN)
    _ignore(name, failed.exclude(name=name).aggregate(sum=Sum("failures"))["sum"] or 0)


def unlock_passwords(user: AuthUser) -> bool:
    """Reset the failures of a user in every spelling; return False if there were none."""
    _ignore(_name_digest(user), 0)
    return bool(_failures_of(user).update(**PasswordAttempts.FORGIVEN))


def _failures_of(user: AuthUser) -> models.QuerySet[PasswordAttempts, PasswordAttempts]:
    [account] = accounts_of([username_of(user)])
    return PasswordAttempts.objects.filter(account=account, failures__gt=0)


def _name_digest(user: AuthUser) -> str:
    return digest("name", looked_up(username_of(user)))


def _ignore(name: str, failures: int) -> None:
    """Store how many failures are ignored for a name, in a row that belongs to no account."""
    own = digest("overlooked", name)
    PasswordAttempts.objects.filter(pk=own).delete()
    if failures:
        PasswordAttempts(id=own, account=own, name=own, place=own, failures=failures).insert()


def _ignored(name: str) -> int:
    row = PasswordAttempts.objects.filter(pk=digest("overlooked", name)).first()
    return 0 if row is None else row.failures


def _count(counter: PasswordAttempts, is_known: Callable[[], bool], **subject: Any) -> None:
    """Count an attempt, or record and raise the reason for refusing it.

    :param is_known: says whether the account has a session at this place, so that failures
        elsewhere do not count. Only called if they would.
    """
    now = clock.now()
    refusal = None
    if not attempts.count(counter.pk, now):
        refusal = _refusal(counter, now, is_known)
        # After the check: a refused attempt inserts no row.
        if refusal is None and not counter.begin(now) and not attempts.count(counter.pk, now):
            refusal = _refusal(counter, now, is_known) or errors.AttemptsExceeded(wait=1)
    if refusal is None:
        # Race condition: concurrent attempts may have counted. An attempt that reads after it has
        # counted sees every earlier count, so no more than the limit pass.
        refusal = _refusal(counter, now, is_known, counted=1)
        if refusal is None:
            return
        counter.take_back()
    events.record(refusal.default_code, **subject)
    raise refusal


def _refusal(
    counter: PasswordAttempts, now: datetime, is_known: Callable[[], bool], counted: int = 0
) -> errors.AccountLocked | errors.AttemptsExceeded | None:
    """Return the reason to refuse the next attempt, or the last one if it is ``counted``."""
    since = now - PASSWORD_LIMITS.window
    row = sums.get(account=counter.account, place=counter.place, since=since)
    everywhere, here, recent, began = row or (0, 0, 0, now)
    limit = PASSWORD_LIMITS.in_a_row - 1 + counted
    if here > limit:
        return errors.AccountLocked()
    if everywhere > limit and not is_known() and everywhere - _ignored(counter.name) > limit:
        return errors.AccountLocked()
    if recent > PASSWORD_LIMITS.per_window - 1 + counted:
        return errors.AttemptsExceeded(wait=ceil((began - since).total_seconds()))
    return None


def _has_session_at(network: str | None, username: str) -> bool:
    """Say whether the account has a live session from this network.

    Timing: one query for known and unknown accounts alike (user enumeration).
    """
    if network is None:
        return False  # behind a Unix socket all clients would share one network
    name = {f"user__{get_user_model().USERNAME_FIELD}": username}
    latest = Session.objects.live().filter(ip__isnull=False, **name).select_related("user")
    return any(
        network_of(str(session.ip)) == network and session.is_live()
        for session in latest[:SESSIONS_LOOKED_AT]
    )


def failures_in_a_row(names: Sequence[str]) -> dict[str, int]:
    """Return for each name the failures in a row, from all places together."""
    accounts = dict(zip(names, accounts_of(names), strict=True))
    failed = PasswordAttempts.objects.filter(account__in=set(accounts.values()), failures__gt=0)
    sums = dict(failed.values_list("account").annotate(sum=Sum("failures")))
    return {name: int(sums.get(account, 0)) for name, account in accounts.items()}
