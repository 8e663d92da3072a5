"""What a change opened or closed: two audits of one project, operation by operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from authkit.schema.probe.decision import State
from authkit.schema.results.report import Alternatives, Report

OPEN = (State.PUBLIC, State.OPTIONAL)

#: Method and path.
Key = tuple[str, str]


@dataclass(frozen=True)
class Seen:
    """Who may call one operation, as one audit saw it; ``state`` is None if no view serves it."""

    state: State | None
    accepted: Alternatives = ()

    @property
    def is_decided(self) -> bool:
        return self.state not in (None, State.UNDECIDED)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


Operations = Mapping[Key, Seen]


def seen(report: Report) -> Operations:
    """Return what *report* says of each operation."""
    return {
        (one.place.method, one.place.path): Seen(one.state, one.accepted)
        for one in report.operations
    }


class Kind(Enum):
    """What happened to who may call an operation, the most important first."""

    OPENED = "opened"
    NEW_OPEN = "new and open"
    CLOSED = "closed"
    CREDENTIALS = "other credentials"
    NEW_GUARDED = "new and guarded"
    REMOVED = "removed"
    UNKNOWN = "not comparable"
    SAME = "same"


@dataclass(frozen=True)
class Change:
    """One operation in both audits; None where it is not in one of them."""

    method: str
    path: str
    before: Seen | None
    now: Seen | None

    @cached_property
    def kind(self) -> Kind:
        if self.now is None:
            return Kind.REMOVED
        if not self.now.is_decided or (self.before and not self.before.is_decided):
            return Kind.UNKNOWN
        if self.before is None:
            return Kind.NEW_OPEN if self.now.is_open else Kind.NEW_GUARDED
        if self.before.is_open != self.now.is_open:
            return Kind.OPENED if self.now.is_open else Kind.CLOSED
        alike = self.before.state is self.now.state and {*self.before.accepted} == {
            *self.now.accepted
        }
        return Kind.SAME if alike else Kind.CREDENTIALS


@dataclass(frozen=True)
class Comparison:
    """Every operation of two audits, and what the earlier one is called."""

    since: str
    changes: tuple[Change, ...]

    @classmethod
    def of(cls, since: str, before: Operations, now: Operations) -> Comparison:
        keys = sorted({*before, *now}, key=lambda key: (key[1], key[0]))
        return cls(since, tuple(Change(*key, before.get(key), now.get(key)) for key in keys))

    def of_kind(self, *kinds: Kind) -> Iterator[Change]:
        """Yield the changes of these kinds, in the order of *kinds*."""
        for kind in kinds:
            yield from (change for change in self.changes if change.kind is kind)

    def count(self, kind: Kind) -> int:
        return sum(change.kind is kind for change in self.changes)
