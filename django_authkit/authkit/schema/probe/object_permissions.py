"""Calls ``has_object_permission()`` with rows of the database."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from authkit.schema.probe.coroutines import completed
from authkit.schema.probe.view_gate import ViewGate, answer_to
from authkit.schema.sandbox.answers import ANONYMOUS, Answer, Verdict

#: One row may be an exception; three that agree are an answer.
ROWS = 3


def sample_rows(gate: ViewGate) -> Sequence[Any]:
    """Return some rows that an anonymous caller can name. May raise what the view's code raises."""
    view: Any = gate.view_called_by(ANONYMOUS)
    if not hasattr(view, "get_queryset"):
        return ()
    return list(islice(view.get_queryset().all()[:ROWS], ROWS))


def answer_for_rows(gate: ViewGate, rows: Sequence[Any]) -> Answer:
    """Return the answer of the object's permissions to an anonymous caller."""
    answers = {_about(gate, row) for row in rows}
    if len(answers) == 1:
        return answers.pop()
    if answers:
        return Answer(Verdict.UNKNOWN, said="has_object_permission() admits to some rows only")
    return Answer(Verdict.UNKNOWN, 404, "has_object_permission() decides, and there is no row")


def _about(gate: ViewGate, row: Any) -> Answer:
    view = gate.view_called_by(ANONYMOUS)

    def check(view: Any) -> None:
        completed(view.check_object_permissions(view.request, row))

    return answer_to(ANONYMOUS, view, check)
