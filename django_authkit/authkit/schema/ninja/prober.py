"""Decides about operations of Django Ninja: alone at T1, and from T2 on behind the middleware."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import islice, product
from typing import Any

from django.http import Http404
from django.urls import get_resolver

from authkit.schema.ninja.gate import (
    alone,
    ask,
    can_be_stopped,
    function_name,
    leads_to_stops,
    stop_elsewhere,
    stopped_operations,
)
from authkit.schema.ninja.mounted import MountedAPI
from authkit.schema.openapi.document import Declared, responses
from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.probe.decision import Decision, Offer, State
from authkit.schema.probe.dry_run import MiddlewareStack, dry_run_stack, received_request
from authkit.schema.probe.responses import HANDLER
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.sandbox.answers import REFUSALS, Answer, Verdict
from authkit.schema.sandbox.guards import Watch, replaced, sandboxed, trusted_answer, watching
from authkit.schema.sandbox.rollback import rolled_back
from authkit.schema.views.url_builder import PLACEHOLDER, SAMPLES

UNASKED = "operations of Django Ninja are not asked here"
UNKNOWN_STEPS = "its class is not Ninja's own, or of a version that is not known here"
DECORATED = "a decorator of its function may refuse, and is not run"

#: How many ways to fill the placeholders of a path are tried.
MOST_TRIED = 300


class Unversioned:
    """What a request looks at in a view of REST framework, for an operation that has none."""

    versioning_class = None


@dataclass(frozen=True)
class Question:
    """What ``received_request()`` looks at."""

    method: str
    view: Any = Unversioned
    version: str = ""


@dataclass(frozen=True)
class OperationProber:
    """What one run needs to decide about the operations of an API; with a ``stack`` from T2 on."""

    tier: Tier
    views: frozenset[Any]
    params: Mapping[str, str] = field(default_factory=dict)
    stack: MiddlewareStack | None = None

    def decide(self, operation: Any, method: str, path: str) -> Decision:
        """Return who may call *operation*. Raises nothing, and runs no handler at any tier."""
        offered = Offer(authenticators=tuple(map(credential_of, operation.auth_callbacks)))
        if self.tier is Tier.T0 or not can_be_stopped(operation):
            reason = UNASKED if self.tier is Tier.T0 else UNKNOWN_STEPS
            return Decision(State.UNDECIDED, reason=reason, offered=offered)
        with self._watched() as watch:
            answer = trusted_answer(
                watch, partial(ask, operation, alone(operation), request(method, path))
            )
            # What a middleware brings is missing there, which is no fault of the operation.
            decision = replace(decided(answer, offered, Tier.T1), crashed=False)
            url = self.url(path)
            if self.stack is not None and url is not None:
                watch.reads = True
                answer = trusted_answer(
                    watch, partial(ask, operation, self.stack.send, request(method, url))
                )
                decision = _deeper(decision, decided(answer, offered, Tier.T2))
        decision = replace(decision, attempts=tuple(dict.fromkeys(watch.attempts)))
        return _undecided_if_decorated(decision, operation)

    @contextmanager
    def _watched(self) -> Iterator[Watch]:
        with ExitStack() as held:
            if self.stack is not None:
                held.enter_context(rolled_back())
            yield held.enter_context(watching(reads=False))

    def url(self, path: str) -> str | None:
        """Return *path* with values for its placeholders that lead to a view of this API."""
        if self.stack is None:
            return None
        resolver: Any = get_resolver(self.stack.urlconf)  # type: ignore[arg-type]
        names = PLACEHOLDER.findall(path)
        choices = ([self.params[name]] if name in self.params else SAMPLES for name in names)
        for values in islice(product(*choices), MOST_TRIED):
            filled = iter(values)
            url = PLACEHOLDER.sub(partial(_next, filled), path)
            with suppress(Http404):
                if resolver.resolve(url).func in self.views:
                    return url
        return None


def _next(values: Iterator[str], _: object) -> str:
    return next(values)


def request(method: str, path: str) -> Any:
    question: Any = Question(method)
    return received_request(question, path)


def decided(answer: Answer, offered: Offer, tier: Tier) -> Decision:
    """Return the decision that follows from the answer to an anonymous caller.

    Ninja has no permissions beside its authenticators: what one of them accepts gets in.
    """
    every = tuple((one,) for one in offered.authenticators)
    if answer.verdict is Verdict.REFUSED:
        return Decision(State.SECURED, every, answer.status, offered=offered, tier=tier)
    if answer.verdict is Verdict.ADMITTED:
        state = State.OPTIONAL if every else State.PUBLIC
        return Decision(state, every, offered=offered, tier=tier)
    return Decision(
        State.UNDECIDED, reason=answer.reason, offered=offered, tier=tier, crashed=answer.crashed
    )


def _deeper(alone: Decision, deep: Decision) -> Decision:
    """Return what was decided behind the middleware, unless only a refusal before that is certain.

    An admission is not: what stands before it may still refuse.
    """
    return alone if alone.state is State.SECURED and not deep.is_decided else deep


def without_guess(decision: Decision, document: Any, declared: Declared) -> Decision:
    """Return *decision*; if a documented refusal may be the handler's own, undecided.

    No credential is read where the operation is public and declared so: a log-in refuses what is in
    the body.
    """
    is_plain = decision.state is State.PUBLIC and declared is Declared.PUBLIC
    documented = [status for status in REFUSALS if str(status) in responses(document)]
    if not decision.is_open or is_plain or not documented:
        return decision
    reason = f"{HANDLER} may refuse by itself, as the documented {documented[0]} says"
    return replace(
        decision, state=State.UNDECIDED, alternatives=(), reason=reason, depends_on=HANDLER
    )


def _undecided_if_decorated(decision: Decision, operation: Any) -> Decision:
    if not decision.is_open or _is_of_ninja(operation.view_func):
        return decision
    return replace(
        decision, state=State.UNDECIDED, alternatives=(), reason=DECORATED, depends_on=HANDLER
    )


def _is_of_ninja(function: Any) -> bool:
    """Tell whether Ninja wrote all that is wrapped around the handler, if anything is."""
    while hasattr(function, "__wrapped__"):
        name = getattr(function, "__globals__", {}).get("__name__", "")
        if name.partition(".")[0] != "ninja":
            return False
        function = function.__wrapped__
    return True


def credential_of(callback: Any) -> Any:
    """Return what stands for an authenticator: itself, if it is hashable and has a class.

    What stands for a function has the name of the function as that of its class.
    """
    if name := function_name(callback):
        return _class_named(name)()
    if isinstance(callback, Hashable):
        return callback
    stand_in = _class_named(dotted(type(callback)))()
    stand_in.openapi_security_schema = getattr(callback, "openapi_security_schema", None)
    return stand_in


@cache
def _class_named(name: str) -> type[Any]:
    module, _, own = name.rpartition(".")
    return type(own, (), {"__module__": module, "__qualname__": own})


@contextmanager
def operation_prober(probe: Probe, mounted: MountedAPI, patterns: Any) -> Iterator[OperationProber]:
    """Open the sandbox, and give the prober that decides in it. Raises ``UnsafeProbe``."""
    tier = probe.resolved()
    views = frozenset(filter(leads_to_stops, mounted.views))
    prober = OperationProber(tier, views, probe.params)
    with ExitStack() as held:
        if tier >= Tier.T1:
            held.enter_context(sandboxed())
            held.enter_context(stopped_operations())
        if tier >= Tier.T2:
            stack = held.enter_context(dry_run_stack(patterns))
            guarded = stop_elsewhere(stack.resolve_request, views)
            held.enter_context(replaced(stack, "resolve_request", guarded))
            prober = replace(prober, stack=stack)
        yield prober
