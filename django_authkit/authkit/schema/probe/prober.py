"""Decides about operations tier by tier, and stops where the answer is certain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from django.core.exceptions import ObjectDoesNotExist
from rest_framework.permissions import SAFE_METHODS

from authkit.schema.probe.bad_credentials import refusals_of_bad_credentials
from authkit.schema.probe.builtin_gate import BuiltinGate, builtin_gate, is_builtin_view
from authkit.schema.probe.coroutines import off_loop, unawaited_are_no_news
from authkit.schema.probe.decision import NOTHING, CallerMatrix, Decision, Offer, State
from authkit.schema.probe.dry_run import (
    MiddlewareStack,
    dry_run,
    dry_run_stack,
    gates_end_requests,
    without_middleware,
)
from authkit.schema.probe.object_permissions import answer_for_rows, sample_rows
from authkit.schema.probe.principals import principals
from authkit.schema.probe.responses import (
    OBJECT,
    blocked_by_sandbox,
    decided_before_gate,
    decided_by_response,
    failed,
    kept,
    live,
    require_object_check,
)
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.probe.view_gate import ViewGate, mock_gate
from authkit.schema.sandbox.answers import (
    ANONYMOUS,
    Answer,
    Caller,
    Gate,
    Verdict,
    describe,
    host_errors,
)
from authkit.schema.sandbox.guards import (
    BlockedStatement,
    TrustedGate,
    Watch,
    sandboxed,
    trusted_answer,
    watching,
)
from authkit.schema.sandbox.noticed_settings import forget, was_read
from authkit.schema.sandbox.rollback import one_question, rolled_back
from authkit.schema.schemes.describer import Describer
from authkit.schema.views.code.framework_code import handles_exceptions, is_decorated
from authkit.schema.views.mapping import Operation
from authkit.schema.views.permission_tree import decided_by_object
from authkit.schema.views.url_builder import UrlBuilder, placeholders

OBJECT_DECIDES = Answer(Verdict.UNKNOWN, said=f"{OBJECT} decides")
UNASKED = "its permissions are the project's own, and views are not asked here"
ASKS_AROUND = "setup(), dispatch() or a decorator asks the database"


#: What was decided about the methods of a callback.
Memory = WeakKeyDictionary[Any, dict[tuple[str, str, str], Decision]]


@dataclass(frozen=True)
class AccessProber:
    """What one run needs to decide about operations; ``stack`` is there from T2 on.

    ``sample_urls`` fills placeholders without the database, ``row_urls`` with its rows. What is in
    ``memory`` is not probed again.
    """

    tier: Tier
    sample_urls: UrlBuilder
    row_urls: UrlBuilder
    users: Sequence[Any]
    stack: MiddlewareStack | None = None
    decisions: dict[Any, Decision | None] = field(default_factory=dict)
    memory: Memory | None = None
    describer: Describer = field(default_factory=Describer)

    def decide(self, operation: Operation) -> Decision:
        """Return who may call *operation*. Raises nothing, and runs no handler below T4."""
        if self.memory is None or operation.callback is None:
            return self._decide_anew(operation)
        remembered = self.memory.setdefault(operation.callback, {})
        key = operation.method, operation.path, operation.version
        if key not in remembered:
            remembered[key] = self._decide_anew(operation)
        return remembered[key]

    def _decide_anew(self, operation: Operation) -> Decision:
        # Without a stack there is no transaction of ours.
        with one_question() if self.stack else nullcontext(), watching(reads=False) as watch:
            decide = partial(self._decide, operation, watch)
            # The transaction that T2 reads in belongs to this thread.
            decision = off_loop(decide) if self.stack is None else decide()
        if not watch.attempts:
            return decision
        return replace(decision, attempts=tuple(dict.fromkeys(watch.attempts)))

    def _decide(self, operation: Operation, watch: Watch) -> Decision:
        forget("DEBUG")
        view = self._decide_alone(operation, watch)
        reads_debug = was_read("DEBUG")
        decision = self._decide_further(operation, view, watch)
        return replace(decision, reads_debug=True) if reads_debug else decision

    def _decide_further(self, operation: Operation, view: Decision, watch: Watch) -> Decision:
        if self.stack is None or operation.callback is None:
            return view
        watch.reads = True
        try:
            return self._decide_with_rows(self.stack, operation, view, watch)
        except host_errors() as error:  # what names the rows is the project's code
            served = replace(failed(error, watch, Tier.T2), offered=view.offered)
            return kept(view, served, barred=False)

    def _decide_alone(self, operation: Operation, watch: Watch) -> Decision:
        """Decide at T0 and T1. What fails there for lack of the database may not fail at T2."""
        offered = NOTHING
        try:
            offered = Offer.of(operation.view)
            decision = self._decide_view(operation, offered, watch)
        except host_errors() as error:
            decision = failed(error, watch, Tier.T0)
        return replace(decision, offered=offered) if decision.offered is NOTHING else decision

    def _decide_with_rows(
        self, stack: MiddlewareStack, operation: Operation, view: Decision, watch: Watch
    ) -> Decision:
        """Decide with the values that lead to a row, if there are such."""
        found: list[Decision] = []
        for values in self.row_urls.choices(operation):
            path = self.row_urls.path(operation, values)
            with one_question():
                decision = self._decide_served(stack, operation, view, watch, path)
            if not decision.tried:
                return decision
            found.append(decision)
        if not found:
            return replace(view, tried=(operation.route,))
        return replace(found[0], tried=tuple(path for one in found for path in one.tried))

    def _decide_served(
        self,
        stack: MiddlewareStack,
        operation: Operation,
        view: Decision,
        watch: Watch,
        path: str,
    ) -> Decision:
        try:
            return self._decide_stack(stack, operation, view, watch, path)
        except host_errors() as error:  # the middleware is the project's code
            served = replace(failed(error, watch, Tier.T2), offered=view.offered)
            stays = kept(view, served, barred=bool(watch.reached))
            return replace(stays, tried=(path,) if isinstance(error, ObjectDoesNotExist) else ())

    def _decide_view(self, operation: Operation, offered: Offer, watch: Watch) -> Decision:
        """Decide at T0 and T1: the view alone, without its database."""
        if not is_decorated(operation):
            return self._decide_gate(operation, offered, watch)
        if self.tier is Tier.T0:
            return Decision(State.UNDECIDED, reason=UNASKED)
        try:
            return self._decide_decorated(operation, offered, watch)
        except BlockedStatement:
            # A gate that refuses is certain, whatever the code before it looked for.
            decision = self._decide_gate(operation, offered, watch)
            if decision.state is State.SECURED:
                return decision
            return Decision(State.UNDECIDED, reason=ASKS_AROUND, tier=Tier.T1)

    def _decide_gate(self, operation: Operation, offered: Offer, watch: Watch) -> Decision:
        known = self._decide_builtin(operation, offered)
        if known is not None:
            return known
        if self.tier is Tier.T0:
            return Decision(State.UNDECIDED, reason=UNASKED)
        gate = mock_gate(operation, self.sample_urls.values(operation))
        return self._decide_through(operation, offered, watch, gate)

    def _decide_decorated(self, operation: Operation, offered: Offer, watch: Watch) -> Decision:
        values = self.sample_urls.values(operation)
        path = _sample(operation, values)
        at_gate = partial(self._decide_through, operation, offered, watch)
        outcome = dry_run(without_middleware(operation, values or {}), operation, path, at_gate)
        unknown = Decision(State.UNDECIDED, offered=offered)
        if outcome.found is None and watch.reached:
            return blocked_by_sandbox(watch, unknown, Tier.T1)
        return outcome.found or decided_by_response(outcome, path, unknown, Tier.T1)

    def _decide_builtin(self, operation: Operation, offered: Offer) -> Decision | None:
        """Decide about a gate of REST framework's own code, None if there is other code in it."""
        kind: Any = type(operation.view)
        method = operation.method.upper()
        # Hundreds of views have the same permissions; one decision serves them all.
        asked = method in SAFE_METHODS, offered.classes
        key = asked, is_builtin_view(kind), kind.get_exception_handler
        if key not in self.decisions:
            gate = builtin_gate(operation.view, method, offered)
            known = None if gate is None else self._decide_known(gate, operation, offered)
            self.decisions[key] = known
        return self.decisions[key]

    def _decide_known(self, gate: BuiltinGate, operation: Operation, offered: Offer) -> Decision:
        decision = CallerMatrix(gate, offered, self.users).decide(gate.answer(ANONYMOUS))
        if decision.state is State.OPTIONAL or handles_exceptions(gate.view):
            decision = self._with_statuses(decision, operation, offered)
        return replace(decision, offered=offered)

    def _with_statuses(self, decision: Decision, operation: Operation, offered: Offer) -> Decision:
        """Return *decision* with what only a request can tell."""
        unknown = replace(decision, refusal=None)
        if self.tier is Tier.T0:
            return unknown
        try:
            gate = mock_gate(operation, self.sample_urls.values(operation))
        except host_errors():  # the project's own mock request may fail
            return unknown
        if decision.state is State.OPTIONAL:
            return self._with_bad_credentials(decision, operation, offered, gate)
        return replace(decision, refusal=gate.answer(ANONYMOUS).status)

    def _with_bad_credentials(
        self, decision: Decision, operation: Operation, offered: Offer, gate: Gate
    ) -> Decision:
        describe = partial(self.describer.describe, inspector=operation.inspector)
        refused = refusals_of_bad_credentials(gate, offered.authenticators, describe)
        return replace(decision, bad_credential=refused)

    def _decide_through(
        self, operation: Operation, offered: Offer, watch: Watch, gate: Gate
    ) -> Decision:
        trusted = TrustedGate(gate, watch)
        matrix = CallerMatrix(trusted, offered, self.users)
        anonymous = trusted.answer(ANONYMOUS)
        if _asks_the_object(operation, offered, anonymous):
            decision = replace(matrix.decide(OBJECT_DECIDES), depends_on=OBJECT)
        else:
            decision = matrix.decide(anonymous)
        decision = replace(decision, tier=Tier.T1)
        if decision.state is State.OPTIONAL or decision.depends_on:
            return self._with_bad_credentials(decision, operation, offered, gate)
        return decision

    def _decide_stack(
        self,
        stack: MiddlewareStack,
        operation: Operation,
        view: Decision,
        watch: Watch,
        path: str,
    ) -> Decision:
        """Decide at T2 to T4: a request through everything that stands before the handler."""
        at_gate = partial(self._decide_at_gate, operation, view, watch, path)
        watch.next_question()
        outcome = dry_run(stack.send, operation, path, at_gate)
        if outcome.found is None:
            if watch.reached:
                return kept(view, blocked_by_sandbox(watch, view, Tier.T2), barred=True)
            invented = self.row_urls.invents(operation)
            return decided_before_gate(outcome, path, view, invented=invented)
        decision: Decision = outcome.found
        reached = decision.is_open or (decision.is_decided and decision.depends_on)
        if self.tier is Tier.T4 and reached and operation.method in ("get", "head"):
            watch.next_question()
            answered = live(stack, operation, path, decision)
            decision = decision if watch.reached else answered
        return require_object_check(operation, decision)

    def _decide_at_gate(
        self, operation: Operation, view: Decision, watch: Watch, path: str, gate: ViewGate
    ) -> Decision:
        offered = Offer.of(gate.view, gate.authenticators)
        offers_the_same = offered.classes == view.offered.classes
        trusted = TrustedGate(gate, watch)
        anonymous, tier, depends_on = trusted.answer(ANONYMOUS), Tier.T2, ""
        if _asks_the_object(operation, offered, anonymous):
            anonymous = trusted_answer(watch, partial(self._about_rows, gate))
            tier, depends_on = Tier.T3, OBJECT
        if offers_the_same and view.agrees(anonymous):
            return replace(view, refusal=anonymous.status, tier=tier, depends_on=depends_on)
        decision = CallerMatrix(trusted, offered, self.users).decide(anonymous)
        decision = replace(
            decision,
            offered=offered,
            tier=tier,
            depends_on=depends_on,
            bad_credential=view.bad_credential if offers_the_same else (),
        )
        if anonymous.verdict is Verdict.UNKNOWN:
            stays = kept(view, decision, barred=bool(watch.reached))
            return replace(stays, tried=(path,) if anonymous.not_found else ())
        return decision

    def _about_rows(self, gate: ViewGate) -> Answer:
        if self.tier < Tier.T3:
            return OBJECT_DECIDES
        try:
            return answer_for_rows(gate, sample_rows(gate))
        except host_errors() as error:  # the queryset is the project's code
            return Answer(Verdict.UNKNOWN, said=f"no rows to ask about: {describe(error)}")


def _asks_the_object(operation: Operation, offered: Offer, anonymous: Answer) -> bool:
    return anonymous.verdict is Verdict.ADMITTED and decided_by_object(
        operation.view, operation.method, placeholders(operation), offered.permissions
    )


def ask(operation: Operation, caller: Caller) -> Answer:
    """Return the answer of the view alone, at T1, to *caller*. Raises nothing."""
    with sandboxed(), watching() as watch:
        return trusted_answer(watch, partial(_answer_alone, operation, caller))


def _answer_alone(operation: Operation, caller: Caller) -> Answer:
    try:
        return mock_gate(operation, UrlBuilder().values(operation)).answer(caller)
    except host_errors() as error:  # the request is made by the project's code
        return Answer.of_failure(error)


@contextmanager
def access_prober(
    probe: Probe, patterns: Any, memory: Memory | None = None
) -> Iterator[AccessProber]:
    """Open the sandbox, and give the prober that decides in it. Raises ``UnsafeProbe``."""
    tier = probe.resolved()
    prober = AccessProber(
        tier,
        UrlBuilder(probe.params),
        UrlBuilder(probe.params, rows=True),
        principals(),
        memory=memory,
    )
    with ExitStack() as stack:
        if tier >= Tier.T1:
            stack.enter_context(sandboxed())
            stack.enter_context(unawaited_are_no_news())
            stack.enter_context(gates_end_requests())
        if tier >= Tier.T2:
            stack.enter_context(rolled_back())
            served = stack.enter_context(dry_run_stack(patterns))
            prober = replace(prober, stack=served)
        yield prober


def _sample(operation: Operation, values: dict[str, str] | None) -> str:
    return operation.path if values is None else UrlBuilder().path(operation, values)
