"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from textwrap import fill

from authkit.schema.model.audited_schema import AuditedSchema, Place


class Severity(IntEnum):
    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Offence:
    """What one rule saw at one place.

    ``severity`` is given where it is not the rule's. ``subject`` names what the offence is about if
    the place does not say it: a scheme, a class, a key of the settings. ``suggestion`` is the code
    that fixes it, where that is certain.
    """

    place: Place
    message: str
    severity: Severity | None = None
    subject: str = ""
    suggestion: str = ""


def exemption(what: str = "", reason: str = "") -> str:
    """Say how a rule is silenced: *what* an entry names beside the rule, and its *reason*."""
    named = f"the rule, {what} and a reason" if what else "the rule and a reason"
    said = ": ".join(filter(None, (named, reason)))
    return fill(f'An entry in `AUTHKIT["SCHEMA_AUDIT_EXEMPTIONS"]` with {said}.', width=100)


@dataclass(frozen=True)
class Rule:
    """A rule: its stable id, its name (the offence), how bad it is, its text, and how to look.

    ``text`` is the docstring of the rule's module: a first sentence, then sections.
    """

    id: str
    name: str
    severity: Severity
    text: str
    look: Callable[[AuditedSchema], Iterator[Offence]]
    silence: str = exemption("the operation")

    @property
    def page(self) -> str:
        """The text, and how to silence the rule."""
        return f"{self.text.strip()}\n\n## How to silence\n\n{self.silence}\n"

    @property
    def title(self) -> str:
        return f"{self.id} {self.name} ({self.severity.label})"

    @property
    def summary(self) -> str:
        """The first sentence of the text."""
        return self.text.partition("\n")[0]


@dataclass(frozen=True)
class Finding:
    """An offence, and the rule that it is against."""

    rule: Rule
    place: Place
    message: str
    severity: Severity
    subject: str = ""
    suggestion: str = ""

    @classmethod
    def of(cls, rule: Rule, offence: Offence) -> Finding:
        return cls(
            rule=rule,
            place=offence.place,
            message=offence.message,
            severity=offence.severity or rule.severity,
            subject=offence.subject,
            suggestion=offence.suggestion,
        )

    @property
    def title(self) -> str:
        return f"{self.rule.id} {self.rule.name} ({self.severity.label})"

    @property
    def fingerprint(self) -> str:
        """What the finding is known by from one run to the next, in a baseline for example."""
        parts = [self.rule.id, self.place.method, self.place.path, self.place.view, self.subject]
        return "|".join(parts)

    @property
    def order(self) -> tuple[int, Place, str, str, str]:
        """Errors first, in every format."""
        return -self.severity, self.place, self.rule.id, self.subject, self.message
