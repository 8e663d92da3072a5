"""Decides, from the view alone, who may call an operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import combinations
from typing import Any

from authkit.schema.gate import (
    Answer,
    Caller,
    Verdict,
    ask,
    describe,
    forbidden_sql,
    key_permissions,
)
from authkit.schema.introspect import Operation
from authkit.schema.principals import principals

#: Credentials that are presented together: an authenticator's, keys, or both.
Alternative = tuple[Any, ...]


class State(Enum):
    """Who gets in.

    public: anybody, and no credential makes a difference. optional: anybody, and credentials are
    read. secured: nobody without a credential. closed: nobody at all. undecided: see the reason.
    """

    PUBLIC = "public"
    OPTIONAL = "optional"
    SECURED = "secured"
    CLOSED = "closed"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Offer:
    """The credentials that a view looks at, accepted or not."""

    authenticators: tuple[Any, ...] = ()
    keys: tuple[Any, ...] = ()

    def alternatives(self) -> Iterator[Alternative]:
        """Yield every set of credentials a caller can present, small ones first."""
        for size in range(len(self.keys) + 1):
            for keys in combinations(self.keys, size):
                if keys:
                    yield keys
                yield from ((one, *keys) for one in self.authenticators)


NOTHING = Offer()


@dataclass(frozen=True)
class Decision:
    """The state of an operation, and for each state what belongs to it.

    ``alternatives`` are the smallest sets of credentials that are accepted, as authenticators and
    key permissions; ``refusal`` is the status that an anonymous request is answered with;
    ``offered`` is what the view looks at, accepted or not.
    """

    state: State
    alternatives: tuple[Alternative, ...] = ()
    refusal: int | None = None
    reason: str = ""
    offered: Offer = NOTHING


def offer(operation: Operation) -> Offer:
    """Return what the view of *operation* looks at. May raise whatever the view's code raises."""
    with forbidden_sql():
        authenticators = tuple(operation.view.get_authenticators())
        found = [
            key
            for permission in operation.view.get_permissions()
            for key in key_permissions(permission)
        ]
    # One of each class: a permission that is named twice is still one key.
    return Offer(authenticators, tuple({type(key): key for key in found}.values()))


def decide(operation: Operation) -> Decision:
    """Return who may call *operation*. Raises nothing, executes no SQL and no handler."""
    try:
        offered = offer(operation)
        return replace(_decide(operation, offered), offered=offered)
    except Exception as error:  # the host's code may fail in any way
        return Decision(State.UNDECIDED, reason=describe(error))


def _decide(operation: Operation, offered: Offer) -> Decision:
    anonymous = ask(operation, Caller())
    if anonymous.verdict is Verdict.UNKNOWN:
        return Decision(State.UNDECIDED, reason=anonymous.reason)
    if anonymous.verdict is Verdict.ADMITTED:
        return _open(operation, offered)
    return _guarded(operation, offered, anonymous.status)


def _open(operation: Operation, offered: Offer) -> Decision:
    # A credential that only makes things worse, as under ~IsAuthenticated, is not on offer.
    read = tuple(
        (one,)
        for one in offered.authenticators
        if _with_credentials(operation, (one,)).verdict is not Verdict.REFUSED
    )
    return Decision(State.OPTIONAL if read else State.PUBLIC, read)


def _guarded(operation: Operation, offered: Offer, refusal: int | None) -> Decision:
    accepted: list[Alternative] = []
    for alternative in offered.alternatives():
        if any(set(smaller) <= set(alternative) for smaller in accepted):
            continue
        answer = _with_credentials(operation, alternative)
        if answer.verdict is Verdict.UNKNOWN:
            return Decision(State.UNDECIDED, refusal=refusal, reason=answer.reason)
        if answer.verdict is Verdict.ADMITTED:
            accepted.append(alternative)
    if accepted:
        return Decision(State.SECURED, tuple(accepted), refusal)
    return _admitting_nobody(operation, offered, refusal)


def _admitting_nobody(operation: Operation, offered: Offer, refusal: int | None) -> Decision:
    """None of the callers we can imagine gets in: say only what follows from that."""
    if offered.authenticators:
        # The permission may want a role, a scope or a row that our users do not have. That
        # a caller must be known is certain, so every way of being known is kept.
        return Decision(State.SECURED, tuple((one,) for one in offered.authenticators), refusal)
    impossible = _best(
        ask(operation, Caller(user, keys=_classes(offered.keys))) for user in principals()
    )
    if impossible.verdict is Verdict.ADMITTED:
        return Decision(State.CLOSED, refusal=refusal)
    reason = "a permission admits neither anonymous callers nor users, and may want something else"
    return Decision(State.UNDECIDED, refusal=refusal, reason=impossible.reason or reason)


def _with_credentials(operation: Operation, alternative: Alternative) -> Answer:
    keys = _classes(one for one in alternative if any(True for _ in key_permissions(one)))
    authenticators = [one for one in alternative if type(one) not in keys]
    if not authenticators:
        return ask(operation, Caller(keys=keys))
    return _best(
        ask(operation, Caller(user, authenticator, keys))
        for authenticator in authenticators
        for user in principals()
    )


def _classes(keys: Any) -> frozenset[type]:
    return frozenset(type(key) for key in keys)


def _best(answers: Iterator[Answer]) -> Answer:
    """Return the first admission, else the first unknown, else a refusal."""
    seen: dict[Verdict, Answer] = {}
    for answer in answers:
        if answer.verdict is Verdict.ADMITTED:
            return answer
        seen.setdefault(answer.verdict, answer)
    return seen.get(Verdict.UNKNOWN) or seen[Verdict.REFUSED]
