"""Judges a project's document: what it declares against what the views enforce."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.settings import spectacular_settings

# Imported for its effect: the descriptions of authenticators are registered.
import authkit.schema.extensions  # noqa: F401
from authkit.schema.decide import State
from authkit.schema.findings import Finding, Place, Rule, Severity
from authkit.schema.gate import describe
from authkit.schema.places import place_of
from authkit.schema.rules import RULES
from authkit.schema.truth import Judged, Truth, find_truth


class SchemaNotMade(Exception):
    """There is no document to judge; the message says why."""


@dataclass(frozen=True)
class Undecided:
    """An operation about which nothing can be said, and why."""

    place: Place
    reason: str


@dataclass(frozen=True)
class Report:
    """The findings, and how much of the document they cover."""

    findings: tuple[Finding, ...]
    operations: int
    undecided: tuple[Undecided, ...]
    unmapped: tuple[Place, ...]

    @property
    def decided(self) -> int:
        return self.operations - len(self.undecided) - len(self.unmapped)

    def reaches(self, level: Severity) -> bool:
        return any(finding.rule.severity >= level for finding in self.findings)

    def count(self, severity: Severity) -> int:
        return sum(finding.rule.severity is severity for finding in self.findings)


def audit(
    *,
    urlconf: str | None = None,
    api_version: str | None = None,
    rules: Iterable[Rule] = RULES,
) -> Report:
    """Make the project's schema, hooks included, and judge it by the views.

    Raises ``SchemaNotMade`` if there is no schema, or nothing in it could be decided.
    """
    report = judge_truth(make_truth(urlconf, api_version), rules)
    if not report.decided:
        raise SchemaNotMade(_nothing_decided(report))
    return report


def make_truth(urlconf: str | None, api_version: str | None) -> Truth:
    try:
        with GENERATOR_STATS.silence():
            generator_class = spectacular_settings.DEFAULT_GENERATOR_CLASS
            generator = generator_class(urlconf=urlconf, api_version=api_version)
            document = generator.get_schema(request=None, public=True)
            return find_truth(document, generator)
    except Exception as error:  # the host's code may fail in any way
        raise SchemaNotMade(f"drf-spectacular could not make it: {describe(error)}") from error


def judge_truth(truth: Truth, rules: Iterable[Rule] = RULES) -> Report:
    """Run *rules* over *truth*; the same truth gives the same report."""
    findings = (
        Finding(rule, offence.place, offence.message)
        for rule in rules
        for offence in rule.look(truth)
    )
    return Report(
        findings=tuple(sorted(findings, key=lambda finding: finding.order)),
        operations=len(truth.judged),
        undecided=tuple(_undecided(judged) for judged in truth.judged if _is_undecided(judged)),
        unmapped=tuple(place_of(judged) for judged in truth.judged if judged.decision is None),
    )


def _is_undecided(judged: Judged) -> bool:
    return judged.decision is not None and judged.decision.state is State.UNDECIDED


def _undecided(judged: Judged) -> Undecided:
    return Undecided(place_of(judged), judged.decision.reason if judged.decision else "")


def _nothing_decided(report: Report) -> str:
    if not report.operations:
        return "it has no operations, so there is nothing to audit."
    reasons = [f" ({item.place.label}: {item.reason})" for item in report.undecided[:1]]
    return f"of its operations ({report.operations}), none could be decided{''.join(reasons)}."
