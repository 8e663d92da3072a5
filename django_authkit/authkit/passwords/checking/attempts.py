"""Brute force and credential stuffing: failure limits and lockout for passwords.

Sources: ASVS 5.0, 6.3.1; NIST SP 800-63B-4 section 3.2.2. Every attempt is counted before it is
checked, for the account that the name leads to and for a place: the network of the client, or the
session of a logged-in user. Unknown names are counted and refused alike, which prevents user
enumeration. The counts are in the database alone, so a cache that is empty, slow or unavailable
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import chain
from math import ceil
from typing import Any

from django.db import models
from django.db.models import Min, Q, Sum, Value

from authkit import errors
from authkit.core import clock
from authkit.core.db.prepared import Param, PreparedRow, bound, params
from authkit.core.http.client import Client
from authkit.core.identity.users import AuthUser, email_of, username_of
from authkit.core.limits.attempts import PreparedAttempt
from authkit.core.limits.rates import Limits
from authkit.events import flows as events
from authkit.passwords.checking.login_names import learn, learnt, takes_other_names
from authkit.passwords.models import PasswordAttempts, accounts_of
from authkit.sessions.models import Session

#: Failures for one account: ``per_window`` from one place; ``in_a_row`` from one place, or from
#: all places together if the account is not known at this one.
PASSWORD_LIMITS = Limits(window=timedelta(minutes=15), per_window=10, in_a_row=100)

#: For how long a network is known from which the account completed a log-in.
KNOWN_FOR = timedelta(days=90)

#: The place of proofs that were given without a password: no client is there.
RESETS = "reset"

#: Counts an attempt on the row of a name and a place.
attempts = PreparedAttempt(PasswordAttempts, PASSWORD_LIMITS)


def _sums(
    keys: int, rows: models.QuerySet[PasswordAttempts, PasswordAttempts]
) -> models.QuerySet[PasswordAttempts, Any]:
    accounts, places = [params(name, keys, models.CharField()) for name in ("account", "place")]
    here = Q(place__in=places)
    moment = models.DateTimeField()
    latest = Q(last_attempt_at__lte=Param("latest", moment))
    recent = here & latest & Q(last_attempt_at__gt=Param("since", moment))
    # A constant is no group, so there is one row, with any number of rows to sum up.
    of_account = rows.filter(account__in=accounts).values(all=Value(1))
    return of_account.annotate(
        everywhere=Sum("failures", default=0),
        here=Sum("failures", filter=here, default=0),
        recent=Sum("window_failures", filter=recent, default=0),
        oldest=Min("last_attempt_at", filter=recent),
    ).values_list("everywhere", "here", "recent", "oldest")


@cache
def sums(keys: int) -> PreparedRow[PasswordAttempts]:
    """Return the query for the failures of an account, which has a name for each secret key.

    From all places, from one, in its windows that have not ended since; and the last attempt of
    the window that ends first.
    """
    return PreparedRow(PasswordAttempts, partial(_sums, keys))


def count_log_in(username: str, client: Client) -> PasswordAttempts:
    """Count an attempt to log in by password, before it is checked.

    :raises AttemptsExceeded: too many failures for this account in the window of this network.
    :raises AccountLocked: lockout after too many in a row here, or anywhere if this network is not
        known.
    """
    counter = PasswordAttempts.of(learnt(username), client.network or "")
    _count(counter, has_place=client.network is not None, username=username, client=client)
    return counter


def count_in_session(user: AuthUser, session: Session) -> PasswordAttempts:
    """Count a password of a logged-in user, before it is checked.

    Failures at the log-in do not lock out a logged-in user (denial of service).

    :raises AttemptsExceeded: too many failures in the window of this session.
    :raises AccountLocked: lockout after too many failures in a row in this session.
    """
    counter = PasswordAttempts.of(username_of(user), f"session:{session.pk}")
    _count(counter, in_session=True, user=user.pk, session=session.pk)
    return counter


def accept_name(typed: str, user: AuthUser, attempt: PasswordAttempts) -> None:
    """Take an attempt back whose password was right, and learn the name that was typed.

    A name that may lead to another account's password stays counted.
    """
    own = PasswordAttempts.of(username_of(user), "")
    if (own.account, own.name) == (attempt.account, attempt.name) or learn(typed, user):
        attempt.take_back()


def note_log_in(user: AuthUser, client: Client) -> None:
    """End the failures in a row of a user who has completed a log-in; know the network."""
    PasswordAttempts.of(username_of(user), client.network or "").prove(clock.now())


def reset_password_failures(user: AuthUser) -> None:
    """Reset the failures of a user after a change of password.

    Failures for other spellings stay, since they may concern another user's account. Those until
    now no longer count for this user.
    """
    _learn_email(user)
    proof = PasswordAttempts.of(username_of(user), RESETS)
    _failures_of(proof).filter(name__in=proof.each("name")).update(**PasswordAttempts.FORGIVEN)
    proof.prove(clock.now())


def unlock_passwords(user: AuthUser) -> bool:
    """Reset the failures of a user in every spelling; return False if there were none."""
    _learn_email(user)
    failed = _failures_of(PasswordAttempts.of(username_of(user), RESETS))
    return bool(failed.update(**PasswordAttempts.FORGIVEN))


def _learn_email(user: AuthUser) -> None:
    """Reach a user who has only tried to log in by e-mail, where a backend may take it."""
    if takes_other_names() and email_of(user):
        learn(email_of(user), user)


def _failures_of(counter: PasswordAttempts) -> models.QuerySet[PasswordAttempts, PasswordAttempts]:
    return PasswordAttempts.objects.filter(account__in=counter.each("account"), failures__gt=0)


def _count(
    counter: PasswordAttempts, *, has_place: bool = True, in_session: bool = False, **subject: Any
) -> None:
    """Count an attempt, or record and raise the reason for refusing it.

    :param has_place: False if the IP of the client is unknown: all such clients share one place.
    :param in_session: True if failures elsewhere do not count.
    """
    now = clock.now()

    def is_stopped(limit: int) -> bool:
        return not in_session and _is_stopped_by_others(counter, limit, now, has_place=has_place)

    refusal = None
    if not attempts.count(counter.pk, now):
        refusal = _refusal(counter, now, is_stopped)
        # After the check: a refused attempt inserts no row.
        if refusal is None and not counter.begin(now) and not attempts.count(counter.pk, now):
            refusal = _refusal(counter, now, is_stopped) or errors.AttemptsExceeded(wait=1)
    if refusal is None:
        # Race condition: concurrent attempts may have counted. An attempt that reads after it has
        # counted sees every earlier count, so no more than the limit pass.
        refusal = _refusal(counter, now, is_stopped, counted=1)
        if refusal is None:
            return
        counter.take_back()
    events.record(refusal.default_code, **subject)
    raise refusal


def _refusal(
    counter: PasswordAttempts, now: datetime, is_stopped: Callable[[int], bool], counted: int = 0
) -> errors.AccountLocked | errors.AttemptsExceeded | None:
    """Return the reason to refuse the next attempt, or the last one if it is ``counted``.

    :param is_stopped: says whether failures elsewhere beyond a limit stop this attempt. Only
        called if there are that many.
    """
    since = now - PASSWORD_LIMITS.window
    moments = {"since": since, "latest": now + clock.MAX_SKEW}
    accounts, places = counter.each("account"), counter.each("place")
    row = sums(len(accounts)).get(**bound("account", accounts), **bound("place", places), **moments)
    everywhere, here, recent, oldest = row or (0, 0, 0, now)
    limit = PASSWORD_LIMITS.in_a_row - 1 + counted
    if here > limit or (everywhere > limit and is_stopped(limit)):
        return errors.AccountLocked()
    if recent > PASSWORD_LIMITS.per_window - 1 + counted:
        left = PASSWORD_LIMITS.window - clock.age_of(oldest)
        return errors.AttemptsExceeded(wait=ceil(left.total_seconds()))
    return None


def _is_stopped_by_others(
    counter: PasswordAttempts, limit: int, now: datetime, *, has_place: bool
) -> bool:
    """Say whether more failures than the limit, from anywhere, are in a row for this name.

    Not where the network is known. Failures of other spellings count since the last proof.
    Timing: two queries for known and unknown accounts alike (user enumeration).
    """
    rows = PasswordAttempts.objects.filter(account__in=counter.each("account"))
    own_name = Q(name__in=counter.each("name"))
    proofs: list[tuple[str, Any]] = list(
        rows.filter(own_name, proved_at__lte=clock.latest()).values_list("place", "proved_at")
    )
    places = counter.each("place")
    known_at = max((at for place, at in proofs if place in places), default=None)
    last = max((at for _, at in proofs), default=clock.at(0))
    in_a_row = rows.filter(own_name | Q(last_attempt_at__gt=last))
    failed = in_a_row.aggregate(sum=Sum("failures"))["sum"] or 0
    is_known = has_place and known_at is not None and known_at > now - KNOWN_FOR
    return failed > limit and not is_known


def failures_in_a_row(names: Sequence[str]) -> dict[str, int]:
    """Return for each name the failures in a row, from all places together."""
    accounts = dict(zip(names, accounts_of(names), strict=True))
    of_these = PasswordAttempts.objects.filter(account__in=set(chain(*accounts.values())))
    failed = of_these.filter(failures__gt=0).values_list("account")
    found: dict[str, int] = dict(failed.annotate(sum=Sum("failures")))
    return {name: sum(int(found.get(key, 0)) for key in keys) for name, keys in accounts.items()}


def carry_over_failures(names: Sequence[str]) -> int:
    """Give the present HMACs to the rows of these user names; return the number of rows.

    Failures in a row, and a lockout with them, outlive SECRET_KEY_FALLBACKS then.
    """
    accounts = dict(zip(names, accounts_of(names), strict=True))
    earlier = {key for _, *keys in accounts.values() for key in keys}
    rows = PasswordAttempts.objects.filter(account__in=earlier)
    found = set(rows.values_list("account", flat=True))
    outdated = [name for name, keys in accounts.items() if not found.isdisjoint(keys)]
    return sum(PasswordAttempts.of(name, "").carry_over() for name in outdated)
