"""Answers of a gate, as far as they count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from authkit.schema.sandbox.answers import ANONYMOUS, Answer, Caller, Gate, Verdict
from authkit.schema.sandbox.guards import Watch


@dataclass(frozen=True)
class TrustedGate:
    """A gate whose answers do not count if they are made for want of another's.

    So it is if the database was asked where it may not be, or somebody was to be reached, whatever
    the code made of the silence.
    """

    gate: Gate
    watch: Watch

    def answer(self, caller: Caller) -> Answer:
        answer = trusted_answer(self.watch, partial(self.gate.answer, caller))
        if answer.verdict is Verdict.REFUSED and caller != ANONYMOUS and self.watch.read:
            said = "a permission asks the database about a caller who is in none"
            return Answer(Verdict.UNKNOWN, said=said)
        return answer


def trusted_answer(watch: Watch, question: Callable[[], Answer]) -> Answer:
    """Return the answer to *question* as far as it counts."""
    watch.next_question()
    answer = question()
    if watch.asked and not watch.reads:
        return Answer(Verdict.UNKNOWN, said="a permission or an authenticator asks the database")
    if watch.reached and answer.verdict is not Verdict.UNKNOWN:
        said = f"a permission or an authenticator {watch.reached}, which is refused here"
        return Answer(Verdict.UNKNOWN, said=said)
    return answer
