"""What an audit found, and how much of the document it saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from authkit.schema.model.audited_schema import Place
from authkit.schema.openapi.document import Declared
from authkit.schema.probe.decision import State
from authkit.schema.results.causes import Cause, by_cause
from authkit.schema.results.findings import Finding, Rule, Severity

Alternatives = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Access:
    """Who may call one operation: what the document declares, and what the view does.

    ``state`` is None if no view serves the operation. ``required`` and ``accepted`` are
    alternatives, each the names of the schemes that are presented together.
    """

    place: Place
    declared: Declared
    required: Alternatives
    state: State | None = None
    accepted: Alternatives = ()
    reason: str = ""

    @property
    def schemes(self) -> set[str]:
        return {name for alternative in (*self.required, *self.accepted) for name in alternative}


@dataclass(frozen=True)
class Exempted:
    """A finding that was reviewed, and the reason why it stays."""

    finding: Finding
    reason: str


@dataclass(frozen=True)
class Location:
    """A line of a file, which is named as seen from the root of the repository."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Context:
    """What was audited, how deeply, and under which settings: DEBUG alone opens some views."""

    settings: str = ""
    debug: bool = False
    urlconf: str = ""
    file: str = ""
    tier: str = ""

    @property
    def subject(self) -> str:
        return self.file or "the generated schema"


def nowhere(finding: Finding) -> Location | None:
    return None


@dataclass(frozen=True)
class Report:
    """The findings in order, those that are exempted, and every operation.

    ``notices`` are sentences about the audit itself, ``remedy`` says what ends most of the
    findings, ``failure`` why this is no audit. ``locate`` finds the line of a finding. Readers see
    equal findings folded, unless the report is not ``folded``.
    """

    findings: tuple[Finding, ...]
    operations: tuple[Access, ...]
    exempted: tuple[Exempted, ...] = ()
    notices: tuple[str, ...] = ()
    context: Context = Context()
    remedy: str = ""
    failure: str = ""
    folded: bool = True
    locate: Callable[[Finding], Location | None] = field(default=nowhere, repr=False)

    @cached_property
    def undecided(self) -> tuple[Access, ...]:
        return tuple(one for one in self.operations if one.state is State.UNDECIDED)

    @cached_property
    def unmapped(self) -> tuple[Access, ...]:
        return tuple(one for one in self.operations if one.state is None)

    @property
    def decided(self) -> int:
        return len(self.operations) - len(self.undecided) - len(self.unmapped)

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """The findings as readers see them."""
        if self.folded:
            return by_cause(self.findings)
        return tuple(Cause((finding,)) for finding in self.findings)

    @cached_property
    def exempted_by_reason(self) -> Mapping[tuple[Rule, str], Sequence[Finding]]:
        """The findings that stay, by their rule and the reason."""
        groups: dict[tuple[Rule, str], list[Finding]] = {}
        for one in self.exempted:
            groups.setdefault((one.finding.rule, one.reason), []).append(one.finding)
        return groups

    def unfolded(self) -> Report:
        """Return the report with every finding on its own."""
        return replace(self, folded=False)

    def beside(self, other: Report) -> Report:
        """Return what both found, in order; what both say of the whole project only once."""
        findings = {
            (one.fingerprint, one.message): one for one in (*self.findings, *other.findings)
        }
        return replace(
            self,
            findings=tuple(sorted(findings.values(), key=lambda one: one.order)),
            operations=(*self.operations, *other.operations),
        )

    def without_suggestions(self) -> Report:
        bare = tuple(replace(finding, suggestion="") for finding in self.findings)
        return replace(self, findings=bare)

    def reaches(self, level: Severity) -> bool:
        return any(finding.severity >= level for finding in self.findings)

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)
