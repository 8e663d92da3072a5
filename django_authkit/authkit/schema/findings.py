"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from authkit.schema.truth import Truth


class Severity(IntEnum):
    WARNING = 1
    ERROR = 2

    @property
    def label(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, order=True)
class Place:
    """Where a finding is: an operation, or with neither path nor method the whole document."""

    path: str = ""
    method: str = ""
    view: str = ""

    @property
    def label(self) -> str:
        return f"{self.method.upper()} {self.path}" if self.path else "the document"


@dataclass(frozen=True)
class Offence:
    """What one rule saw at one place."""

    place: Place
    message: str


@dataclass(frozen=True)
class Rule:
    """A rule: its stable id, its name (the offence), how bad it is, its page, and how to look."""

    id: str
    name: str
    severity: Severity
    page: str
    look: Callable[[Truth], Iterator[Offence]]

    @property
    def title(self) -> str:
        return f"{self.id} {self.name} ({self.severity.label})"


@dataclass(frozen=True)
class Finding:
    """An offence, and the rule that it is against."""

    rule: Rule
    place: Place
    message: str

    @property
    def order(self) -> tuple[Place, str, str]:
        return self.place, self.rule.id, self.message
