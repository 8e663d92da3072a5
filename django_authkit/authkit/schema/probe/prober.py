"""Asks about operations tier by tier, and stops where the answer is certain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connections, transaction
from rest_framework.permissions import SAFE_METHODS

from authkit.schema.probe.bad_credentials import refusals_of_bad_credentials
from authkit.schema.probe.decide import NOTHING, Decision, Hearing, Offer, State
from authkit.schema.probe.gate import ViewGate
from authkit.schema.probe.known import KnownGate, known_gate
from authkit.schema.probe.mock import mock_gate
from authkit.schema.probe.principals import principals
from authkit.schema.probe.responses import (
    OBJECT,
    answered_before,
    as_far_as_asked,
    before_the_gate,
    for_want_of_another,
    live,
)
from authkit.schema.probe.rows import rows_behind, through_rows
from authkit.schema.probe.stack import (
    Stack,
    harmless_stack,
    is_decorated,
    pass_through,
    without_middleware,
)
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.probe.trusted_gate import Witness, heard
from authkit.schema.sandbox.answers import (
    ANONYMOUS,
    Answer,
    Caller,
    Gate,
    Verdict,
    describe,
    host_errors,
)
from authkit.schema.sandbox.quarantine import (
    RefusedStatement,
    Watch,
    quarantine,
    rolled_back,
    watching,
)
from authkit.schema.schemes.describer import Describer
from authkit.schema.views.mapping import Operation
from authkit.schema.views.permissions import decided_by_object
from authkit.schema.views.stock import handles_exceptions
from authkit.schema.views.url_values import Addresses, placeholders

UP_TO_THE_OBJECT = Answer(Verdict.UNKNOWN, said=f"{OBJECT} decides")
UNASKED = "its permissions are the project's own, and views are not asked here"
ASKS_AROUND = "setup(), dispatch() or a decorator asks the database"


#: What was decided about the methods of a callback.
Memory = WeakKeyDictionary[Any, dict[tuple[str, str, str], Decision]]


@dataclass(frozen=True)
class Inquiry:
    """What one run needs to decide about operations; ``stack`` is there from T2 on.

    ``samples`` fills placeholders without the database, ``addresses`` with its rows. What is in
    ``memory`` is not asked again.
    """

    tier: Tier
    samples: Addresses
    addresses: Addresses
    people: Sequence[Any]
    stack: Stack | None = None
    known: dict[Any, Decision] = field(default_factory=dict)
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
        with watching(reads=False) as watch:
            try:
                decision = self._decide(operation, watch)
            except host_errors() as error:  # the host's code may fail in any way
                decision = Decision(State.UNDECIDED, reason=describe(error), crashed=True)
        if not watch.attempts:
            return decision
        return replace(decision, attempts=tuple(dict.fromkeys(watch.attempts)))

    def _decide(self, operation: Operation, watch: Watch) -> Decision:
        offered = Offer.of(operation.view)
        view = self._decide_view(operation, offered, watch)
        if view.offered is NOTHING:
            view = replace(view, offered=offered)
        if self.stack is None or operation.callback is None:
            return view
        watch.reads = True
        with _savepoints():
            return self._decide_stack(self.stack, operation, view, watch)

    def _decide_view(self, operation: Operation, offered: Offer, watch: Watch) -> Decision:
        """Decide at T0 and T1: the view alone, without its database."""
        if not is_decorated(operation):
            return self._decide_gate(operation, offered, watch)
        if self.tier is Tier.T0:
            return Decision(State.UNDECIDED, reason=UNASKED)
        try:
            return self._decide_decorated(operation, offered, watch)
        except RefusedStatement:
            # Whatever was looked for on the way, nobody gets past a gate that refuses.
            decision = self._decide_gate(operation, offered, watch)
            if decision.state is State.SECURED:
                return decision
            return Decision(State.UNDECIDED, reason=ASKS_AROUND, tier=Tier.T1)

    def _decide_gate(self, operation: Operation, offered: Offer, watch: Watch) -> Decision:
        known = known_gate(operation.view, operation.method.upper(), offered)
        if known is not None:
            return self._decide_known(known, operation, offered)
        if self.tier is Tier.T0:
            return Decision(State.UNDECIDED, reason=UNASKED)
        gate = mock_gate(operation, self.samples.values(operation))
        return self._hear_view(operation, offered, watch, gate)

    def _decide_decorated(self, operation: Operation, offered: Offer, watch: Watch) -> Decision:
        values = self.samples.values(operation)
        path = _sample(operation, values)
        hear = partial(self._hear_view, operation, offered, watch)
        passage = pass_through(without_middleware(operation, values or {}), operation, path, hear)
        unknown = Decision(State.UNDECIDED, offered=offered)
        if passage.found is None and watch.reached:
            return for_want_of_another(watch, unknown, Tier.T1)
        return passage.found or answered_before(passage, path, unknown, Tier.T1)

    def _decide_known(self, gate: KnownGate, operation: Operation, offered: Offer) -> Decision:
        # Views by the hundred ask the same, and are answered the same.
        key = gate.method in SAFE_METHODS, offered.classes
        if key not in self.known:
            decision = Hearing(gate, offered, self.people).decide(gate.answer(ANONYMOUS))
            if decision.state is State.OPTIONAL or handles_exceptions(gate.view):
                decision = self._with_statuses(decision, operation, offered)
            self.known[key] = replace(decision, offered=offered)
        return self.known[key]

    def _with_statuses(self, decision: Decision, operation: Operation, offered: Offer) -> Decision:
        """Return *decision* with what only a request can tell."""
        unknown = replace(decision, refusal=None)
        if self.tier is Tier.T0:
            return unknown
        try:
            gate = mock_gate(operation, self.samples.values(operation))
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

    def _hear_view(
        self, operation: Operation, offered: Offer, watch: Watch, gate: Gate
    ) -> Decision:
        witness = Witness(gate, watch)
        hearing = Hearing(witness, offered, self.people)
        anonymous = witness.answer(ANONYMOUS)
        if _asks_the_object(operation, offered, anonymous):
            decision = replace(hearing.decide(UP_TO_THE_OBJECT), depends_on=OBJECT)
        else:
            decision = hearing.decide(anonymous)
        decision = replace(decision, tier=Tier.T1)
        if decision.state is State.OPTIONAL or decision.depends_on:
            return self._with_bad_credentials(decision, operation, offered, gate)
        return decision

    def _decide_stack(
        self, stack: Stack, operation: Operation, view: Decision, watch: Watch
    ) -> Decision:
        """Decide at T2 to T4: a request through everything that stands before the handler."""
        values = self.addresses.values(operation)
        if values is None:
            return view
        path = self.addresses.path(operation, values)
        hear = partial(self._hear_stack, operation, view, watch)
        watch.next_question()
        passage = pass_through(stack.send, operation, path, hear)
        if passage.found is None:
            if watch.reached:
                return for_want_of_another(watch, view, Tier.T2)
            invented = self.addresses.invents(operation)
            return before_the_gate(passage, path, view, invented=invented)
        decision: Decision = passage.found
        reached = decision.is_open or (decision.is_decided and decision.depends_on)
        if self.tier is Tier.T4 and reached and operation.method in ("get", "head"):
            watch.next_question()
            answered = live(stack, operation, path, decision)
            decision = decision if watch.reached else answered
        return as_far_as_asked(operation, decision)

    def _hear_stack(
        self, operation: Operation, view: Decision, watch: Watch, gate: ViewGate
    ) -> Decision:
        offered = replace(view.offered, authenticators=gate.authenticators)
        offers_the_same = offered.classes == view.offered.classes
        witness = Witness(gate, watch)
        anonymous, tier, depends_on = witness.answer(ANONYMOUS), Tier.T2, ""
        if _asks_the_object(operation, offered, anonymous):
            anonymous = heard(watch, partial(self._about_rows, gate))
            tier, depends_on = Tier.T3, OBJECT
        if offers_the_same and view.agrees(anonymous):
            return replace(view, refusal=anonymous.status, tier=tier, depends_on=depends_on)
        decision = Hearing(witness, offered, self.people).decide(anonymous)
        return replace(
            decision,
            offered=offered,
            tier=tier,
            depends_on=depends_on,
            bad_credential=view.bad_credential if offers_the_same else (),
        )

    def _about_rows(self, gate: ViewGate) -> Answer:
        if self.tier < Tier.T3:
            return UP_TO_THE_OBJECT
        try:
            return through_rows(gate, rows_behind(gate))
        except host_errors() as error:  # the queryset is the host's code
            return Answer(Verdict.UNKNOWN, said=f"no rows to ask about: {describe(error)}")


def _asks_the_object(operation: Operation, offered: Offer, anonymous: Answer) -> bool:
    admitted = anonymous.verdict is Verdict.ADMITTED
    names = placeholders(operation)
    return admitted and decided_by_object(
        operation.view, operation.method, names, offered.permissions
    )


def ask(operation: Operation, caller: Caller) -> Answer:
    """Return the answer of the view alone, at T1, to *caller*."""
    with quarantine(), watching() as watch:
        gate = mock_gate(operation, Addresses().values(operation))
        return Witness(gate, watch).answer(caller)


@contextmanager
def inquiry(probe: Probe, patterns: Any, memory: Memory | None = None) -> Iterator[Inquiry]:
    """Make everything safe, then let operations be decided. Raises ``UnsafeProbe``."""
    tier = probe.resolved()
    asked = Inquiry(
        tier,
        Addresses(probe.params),
        Addresses(probe.params, rows=True),
        principals(),
        memory=memory,
    )
    with ExitStack() as stack:
        if tier >= Tier.T1:
            stack.enter_context(quarantine())
        if tier >= Tier.T2:
            stack.enter_context(rolled_back())
            served = stack.enter_context(harmless_stack(patterns))
            asked = replace(asked, stack=served)
        yield asked


@contextmanager
def _savepoints() -> Iterator[None]:
    """Let statements that fail in one operation not spoil the transaction of the others.

    SQLite's transactions forgive them.
    """
    with ExitStack() as stack:
        for connection in connections.all():
            if connection.in_atomic_block and connection.vendor != "sqlite":
                stack.enter_context(_savepoint(connection.alias))
        yield


@contextmanager
def _savepoint(alias: str) -> Iterator[None]:
    with transaction.atomic(using=alias):
        try:
            yield
        finally:
            transaction.set_rollback(True, using=alias)


def _sample(operation: Operation, values: dict[str, str] | None) -> str:
    return operation.path if values is None else Addresses().path(operation, values)
