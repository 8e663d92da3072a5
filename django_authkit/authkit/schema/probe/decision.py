"""Decides who may call an operation, from what its gate answers to a matrix of callers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations
from typing import Any

from rest_framework.views import APIView

from authkit.schema.probe.tiers import Tier
from authkit.schema.probe.view_gate import before_its_action
from authkit.schema.sandbox.answers import Answer, Caller, Gate, Verdict
from authkit.schema.schemes.describer import Alternative
from authkit.schema.views.code.framework_code import is_framework_code
from authkit.schema.views.permission_tree import formula, is_key_permission, leaves


class State(Enum):
    """Who gets in.

    public: anonymous callers, and no credential makes a difference. optional: anonymous callers,
    and credentials are read. secured: only callers with a credential. closed: no caller.
    undecided: see the reason.
    """

    PUBLIC = "public"
    OPTIONAL = "optional"
    SECURED = "secured"
    CLOSED = "closed"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Offer:
    """What a view looks at, accepted or not: its authenticators, its permissions, keys in them."""

    authenticators: tuple[Any, ...] = ()
    permissions: tuple[Any, ...] = ()
    keys: tuple[Any, ...] = ()

    @classmethod
    def of(cls, view: APIView, authenticators: Iterable[Any] | None = None) -> Offer:
        """Return what *view* looks at; *authenticators* are those of a request, if there is one.

        May raise whatever the view's code raises.
        """
        permissions = tuple(view.get_permissions())
        if authenticators is None:
            is_known = is_framework_code(type(view).get_authenticators)
            authenticators = (view if is_known else before_its_action(view)).get_authenticators()
        return cls._of(authenticators, permissions)

    @classmethod
    def of_classes(cls, view: APIView) -> Offer:
        """Return what the classes are that *view* names, without a method of the project."""
        return cls._of(APIView.get_authenticators(view), tuple(APIView.get_permissions(view)))

    @classmethod
    def _of(cls, authenticators: Iterable[Any], permissions: tuple[Any, ...]) -> Offer:
        found = [
            leaf
            for permission in permissions
            for leaf in leaves(permission)
            if is_key_permission(leaf)
        ]
        # One of each class: a permission that is named twice is still one key.
        keys = tuple({type(key): key for key in found}.values())
        return cls(tuple(authenticators), permissions, keys)

    @property
    def credentials(self) -> tuple[Any, ...]:
        return *self.authenticators, *self.keys

    @property
    def classes(self) -> Any:
        """What the offer is made of, to compare by: the same for views that ask the same."""
        authenticators = tuple(type(one) for one in self.authenticators)
        return authenticators, tuple(formula(one) for one in self.permissions)

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

    ``alternatives`` are the smallest sets of credentials that are accepted, or may be, as
    authenticators and key permissions; ``refusal`` is the status that an anonymous request is
    answered with; ``offered`` is what the view looks at, accepted or not; ``tier`` the one that
    decided. ``attempts`` says what the gate tried to write or to send, ``crashed`` that it failed;
    ``depends_on`` names what decides if it is not the permissions of the view.
    ``bad_credential`` are the statuses with which a view that admits anonymous callers was seen to
    answer credentials that are not valid; none if that was not seen. ``admitted`` is the state that
    its permissions lead to, where the handler leaves it undecided. ``tried`` are the paths whose
    values led to no row. ``reads_debug`` says that the view, asked alone, looked at
    ``settings.DEBUG``.
    """

    state: State
    alternatives: tuple[Alternative, ...] = ()
    refusal: int | None = None
    reason: str = ""
    offered: Offer = NOTHING
    tier: Tier = Tier.T0
    attempts: tuple[str, ...] = ()
    crashed: bool = False
    depends_on: str = ""
    bad_credential: tuple[int, ...] = ()
    admitted: State | None = None
    tried: tuple[str, ...] = ()
    reads_debug: bool = False

    @property
    def of_permissions(self) -> State:
        """The state that does not depend on what the document says of the handler."""
        return self.admitted or self.state

    @property
    def is_decided(self) -> bool:
        return self.state is not State.UNDECIDED

    @property
    def is_open(self) -> bool:
        """Tell whether anonymous callers get in."""
        return self.state in (State.PUBLIC, State.OPTIONAL)

    def agrees(self, anonymous: Answer) -> bool:
        """Tell whether this decision follows from *anonymous* as well."""
        if anonymous.verdict is Verdict.ADMITTED:
            return self.is_open
        return anonymous.verdict is Verdict.REFUSED and self.state in (State.SECURED, State.CLOSED)


@dataclass(frozen=True)
class CallerMatrix:
    """The callers that one gate is probed with: anonymous, and each user with each credential.

    *users* are a plain user and a superuser."""

    gate: Gate
    offered: Offer
    users: Sequence[Any]

    def decide(self, anonymous: Answer) -> Decision:
        """Return the decision that follows from the answer to an anonymous caller."""
        if anonymous.verdict is Verdict.UNKNOWN:
            return Decision(State.UNDECIDED, reason=anonymous.reason, crashed=anonymous.crashed)
        if anonymous.verdict is Verdict.ADMITTED:
            return self._open()
        return self._guarded(anonymous.status)

    def _open(self) -> Decision:
        # A credential that only makes things worse, as under ~IsAuthenticated, is not on offer.
        read = tuple(
            (one,)
            for one in self.offered.authenticators
            if self._with_credentials((one,)).verdict is not Verdict.REFUSED
        )
        return Decision(State.OPTIONAL if read else State.PUBLIC, read)

    def _guarded(self, refusal: int | None) -> Decision:
        # What is not known to be refused is kept: a real credential may say what ours cannot.
        kept: dict[Alternative, Verdict] = {}
        for alternative in self.offered.alternatives():
            if any(set(smaller) <= set(alternative) for smaller in kept):
                continue
            answer = self._with_credentials(alternative)
            if answer.verdict is Verdict.UNKNOWN and self.offered.keys:
                return Decision(State.UNDECIDED, (), refusal, answer.reason)
            if answer.verdict is not Verdict.REFUSED:
                kept[alternative] = answer.verdict
        if Verdict.ADMITTED in kept.values():
            return Decision(State.SECURED, tuple(kept), refusal)
        return self._all_refused(refusal)

    def _all_refused(self, refusal: int | None) -> Decision:
        """None of the callers we can imagine gets in: say only what follows from that."""
        if self.offered.authenticators:
            # The permission may require a role, a scope or a row that our users do not have, or ask
            # the database for it. That a caller must be known is certain, so every way of being
            # known is kept.
            every = tuple((one,) for one in self.offered.authenticators)
            return Decision(State.SECURED, every, refusal)
        keys = _classes(self.offered.keys)
        impossible = _best(self.gate.answer(Caller(user, keys=keys)) for user in self.users)
        if impossible.verdict is Verdict.ADMITTED:
            return Decision(State.CLOSED, refusal=refusal)
        reason = impossible.reason or (
            "a permission admits neither anonymous callers nor users, and may want something else"
        )
        return Decision(State.UNDECIDED, (), refusal, reason)

    def _with_credentials(self, alternative: Alternative) -> Answer:
        keys = _classes(one for one in alternative if is_key_permission(one))
        authenticators = [one for one in alternative if type(one) not in keys]
        if not authenticators:
            return self.gate.answer(Caller(keys=keys))
        return _best(
            self.gate.answer(Caller(user, authenticator, keys))
            for authenticator in authenticators
            for user in self.users
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
