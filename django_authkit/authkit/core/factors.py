"""Second factors as plug-ins: the protocol of a factor, and the registry.

A new factor is a folder of its own under ``factors/``, a line in ``factors/registry.py``, and its
routes. Its set-up begins with ``factors.proof.prove_for_set_up``.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from authkit.conf import conf
from authkit.core.db.stale import Stale
from authkit.core.identity.users import AuthUser

#: Accepts a code once: True if it is right and not a replay.
Verifier = Callable[[str], bool]


class Factor(ABC):
    """One kind of second factor.

    It compares codes and stores what it needs for that. ``factors.flows`` limits brute force
    (one failure limit for all factors of an account) and records events.
    """

    #: Its name in the ``methods`` of a challenge, and in security events.
    name: ClassVar[str]

    #: The values that it adds to the claim ``amr`` of tokens (RFC 8176).
    amr: ClassVar[Sequence[str]] = ("otp", "mfa")

    #: False for a replacement of other factors: never on, and accepted wherever one of them is.
    stands_alone: ClassVar[bool] = True

    #: Whether the use of a code is stored as a security event, not only logged.
    keeps_uses: ClassVar[bool] = False

    @abstractmethod
    def is_on(self, user: AuthUser) -> bool:
        """Say whether the user has set it up, so that a log-in needs a second factor."""

    def version(self, user: AuthUser) -> str:
        """Return a text that changes when the user turns it on or off, or sets it up anew."""
        return str(self.is_on(user))

    def holders(self, users: Iterable[AuthUser]) -> set[Any]:
        """Return the primary keys of the users who have set it up, for pages that list users."""
        return {user.pk for user in users if self.is_on(user)}

    def begin(self, user: AuthUser) -> None:  # noqa: B027 - most factors need nothing
        """Prepare for the code of a log-in that has just been challenged, e.g. send it."""

    @abstractmethod
    def recognises(self, code: str) -> bool:
        """Say whether a text has the format of its codes. Asks no database."""

    @abstractmethod
    def verifier(self, user: AuthUser) -> Verifier | None:
        """Return the function that accepts the user's codes; None without this factor.

        Called before the attempt is counted, so that an outage uses up no attempt.

        :raises SecondFactorUnavailable: codes cannot be compared now.
        """

    def accepted(self, user: AuthUser) -> None:  # noqa: B027 - most factors need nothing
        """Do what follows the use of a code, once it has been recorded."""

    @abstractmethod
    def remove(self, user: AuthUser) -> None:
        """Delete everything that the factor stores of the user; called within a transaction."""

    def stale(self) -> Sequence[Stale]:
        """Return what a restored backup may have revived: codes that were used since."""
        return ()

    def otp_device(self, user: AuthUser) -> Any:
        """Return the ``django_otp`` device that represents it in the admin site, or None.

        With a device, the admin site asks again once that device is deleted. Without one, a
        session that has passed the factor stays verified for as long as the factor is on.
        """
        return None


_factors: list[Factor] = []


def register(factor: Factor) -> None:
    """Add a factor; challenges name the factors in the order in which they were registered."""
    _factors.append(factor)


def unregister(factor: Factor) -> None:
    _factors.remove(factor)


def registered() -> tuple[Factor, ...]:
    return tuple(_factors)


def names() -> list[str]:
    return [factor.name for factor in _factors]


def active(user: AuthUser) -> list[Factor]:
    """Return the factors that a user can pass: those that are on, and their replacements."""
    on = [factor for factor in _factors if factor.stands_alone and factor.is_on(user)]
    return on and [factor for factor in _factors if factor in on or not factor.stands_alone]


def is_required_now(user: AuthUser) -> bool:
    """Say whether the setting requires a factor of this user, as far as the row of the user tells.

    It is asked with every request, so a callable, which may query, is left to the log-in.
    """
    required = conf.SECOND_FACTOR_REQUIRED
    return required == "all" or (required == "staff" and bool(getattr(user, "is_staff", False)))


def has_second_factor(user: AuthUser) -> bool:
    return any(factor.is_on(user) for factor in _factors if factor.stands_alone)


def version(user: AuthUser) -> str:
    """Return a digest that changes when a factor of the user is turned on or off, or replaced."""
    versions = [f"{each.name}\0{each.version(user)}" for each in _factors if each.stands_alone]
    return hashlib.sha256("\0".join(versions).encode()).hexdigest()


def holders(users: Iterable[AuthUser]) -> set[Any]:
    """Return the primary keys of the users who have a second factor."""
    return set[Any]().union(*(factor.holders(users) for factor in _factors if factor.stands_alone))


def recognising(user: AuthUser, code: str, *, stand_alone: bool = False) -> Factor | None:
    """Return the first factor of the user that recognises a code, or None.

    :param stand_alone: leave out the factors that only replace others.
    """
    candidates = [
        factor
        for factor in _factors
        if factor.recognises(code) and (factor.stands_alone or not stand_alone)
    ]
    if len(candidates) > 1:
        # Only then the database is asked: the verifier of a single factor asks the same.
        candidates = [factor for factor in active(user) if factor in candidates]
    return candidates[0] if candidates else None


def remove_all(user: AuthUser) -> None:
    """Remove every factor of a user; called within a transaction."""
    for factor in _factors:
        factor.remove(user)
