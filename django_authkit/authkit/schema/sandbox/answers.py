"""What a view can answer to a caller, and who the callers are."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from django.core.exceptions import ObjectDoesNotExist
from django.http import QueryDict
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission

from authkit.schema.openapi.scheme_names import dotted

REFUSALS = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)

#: Where a request records that a permission read something that only a real credential brings. A
#: caller who is refused after that may be admitted with a real one.
NEEDED_CREDENTIAL = "_authkit_needed_credential"


class Verdict(Enum):
    ADMITTED = "admitted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """What the view said: the status of a refusal, or why nothing is known.

    ``status`` is also there if the view answers something else, 404 above all. ``error`` is what
    the project's code failed with, where it did not merely decline to answer.
    """

    verdict: Verdict
    status: int | None = None
    said: str = ""
    error: BaseException | None = field(default=None, compare=False)

    @property
    def reason(self) -> str:
        # Most are never read, and to tell whose fault it was takes longer than to ask.
        return describe(self.error) if self.error else self.said

    @property
    def not_found(self) -> bool:
        """Tell whether nothing is known because a row is missing."""
        return self.verdict is Verdict.UNKNOWN and self.status == status.HTTP_404_NOT_FOUND

    @property
    def crashed(self) -> bool:
        return self.error is not None

    @classmethod
    def of_status(cls, code: int | None) -> Answer:
        """Return the answer of a view that would answer *code*; None: it would run its handler."""
        if code is None:
            return cls(Verdict.ADMITTED)
        if code in REFUSALS:
            return cls(Verdict.REFUSED, code)
        return cls(Verdict.UNKNOWN, code, said=f"the view answers {code} before it decides")

    @classmethod
    def of_failure(cls, error: BaseException) -> Answer:
        missing = status.HTTP_404_NOT_FOUND if isinstance(error, ObjectDoesNotExist) else None
        return cls(Verdict.UNKNOWN, missing, error=error)


@dataclass(frozen=True)
class Presented:
    """What stands in a request: a value in a ``header``, a ``query`` parameter or a ``cookie``."""

    place: str
    name: str
    value: str

    def put_into(self, request: Any) -> None:
        """Write it into Django's *request*, and not into containers that others may share."""
        if self.place == "header":
            key = "HTTP_" + self.name.upper().replace("-", "_")
            request.META = {**request.META, key: self.value}
            vars(request).pop("headers", None)  # a cached copy of the old ones
        elif self.place == "query":
            request.GET = QueryDict(mutable=True)
            request.GET[self.name] = self.value
        else:
            request.COOKIES = {**request.COOKIES, self.name: self.value}


@dataclass(frozen=True)
class Caller:
    """Who calls: a user behind an authenticator, and the key permissions that are satisfied.

    With neither, the caller is anonymous and the authenticators are run on an empty request, or on
    one that holds what is ``presented``.
    """

    user: Any = None
    authenticator: Any = None
    keys: frozenset[type] = frozenset()
    presented: Presented | None = None


ANONYMOUS = Caller()


class Gate(Protocol):
    """What stands between a caller and the handler of one operation."""

    def answer(self, caller: Caller) -> Answer: ...


#: Classes whose code may fail while a view is probed.
GUARDS = (BasePermission, BaseAuthentication)


def host_errors() -> tuple[type[BaseException], ...]:
    """Return what to catch around the project's code, for ``except host_errors()``.

    A permission that calls ``sys.exit()`` has failed as one that raises ``ValueError`` has, and a
    library may raise a ``BaseException`` of its own. Ctrl-C of the user is not caught.
    """
    return () if isinstance(sys.exception(), KeyboardInterrupt) else (BaseException,)


def describe(error: BaseException, kinds: tuple[type, ...] = GUARDS) -> str:
    """Return class and message of *error* on one line, and which of *kinds* raised it."""
    message = " ".join(str(error).split())
    said = f"{type(error).__name__}: {message}" if message else type(error).__name__
    raised_by = culprit(error, kinds)
    return f"{said} (in {raised_by})" if raised_by else said


def culprit(error: BaseException, kinds: tuple[type, ...]) -> str:
    """Return the class of the innermost object of *kinds* in whose code *error* was raised."""
    found, step = "", error.__traceback__
    while step is not None:
        owner = step.tb_frame.f_locals.get("self")
        if isinstance(owner, kinds):
            found = dotted(type(owner))
        step = step.tb_next
    return found
