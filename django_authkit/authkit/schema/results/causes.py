"""Equal findings, folded: one cause is read once, however many operations it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from authkit.schema.results.findings import Finding, Rule, Severity


@dataclass(frozen=True)
class Cause:
    """Findings of one rule that say the same, and are fixed by the same code."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def rule(self) -> Rule:
        return self.first.rule

    @property
    def severity(self) -> Severity:
        return self.first.severity

    @property
    def weight(self) -> tuple[int, int]:
        """Errors weigh more than warnings, many findings more than few."""
        return -self.severity, -len(self.findings)


def by_cause(findings: Iterable[Finding]) -> tuple[Cause, ...]:
    """Return the causes of *findings*, the heaviest first."""
    groups: dict[tuple[str, Severity, str, str], list[Finding]] = {}
    for one in findings:
        key = one.rule.id, one.severity, one.message, one.suggestion
        groups.setdefault(key, []).append(one)
    causes = (Cause(tuple(group)) for group in groups.values())
    return tuple(sorted(causes, key=lambda cause: cause.weight))
