"""Takes out of a report what stays: by the settings, and by a baseline."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Protocol

from authkit.conf import conf
from authkit.schema.audit.baseline import Baseline, WrongBaseline, read_baseline, write_baseline
from authkit.schema.audit.exemptions import Exemptions, WrongExemption, read_exemptions
from authkit.schema.model.source import WrongUsage
from authkit.schema.results.findings import Finding, Rule
from authkit.schema.results.report import Exempted, Report
from authkit.schema.rules import RULES


class Suppressions(Protocol):
    """Something that says which findings stay, and why."""

    def reason(self, finding: Finding) -> str | None: ...

    def notices(self, findings: Collection[Finding], rules: Collection[str]) -> Iterator[str]: ...


def read_suppressions(
    baseline: str | None, *, missing_ok: bool = False
) -> tuple[Suppressions, ...]:
    """Return what the settings exempt, and what the file knows. Raises ``WrongUsage``."""
    rules = _ids(RULES)
    try:
        entries = read_exemptions(conf.SCHEMA_AUDIT_EXEMPTIONS, rules)
        exemptions = Exemptions(entries, datetime.now(tz=UTC).date())
        if baseline is None:
            return (exemptions,)
        return exemptions, read_baseline(baseline, rules, missing_ok=missing_ok)
    except (WrongExemption, WrongBaseline) as error:
        raise WrongUsage(str(error)) from None


def exempt(
    report: Report, suppressions: Iterable[Suppressions], rules: Iterable[Rule] = RULES
) -> Report:
    """Take out of *report* what the *suppressions* say stays, and let them tell what is stale."""
    suppressions, ids = tuple(suppressions), _ids(rules)
    kept, exempted = list[Finding](), list[Exempted]()
    for finding in report.findings:
        reasons = (suppression.reason(finding) for suppression in suppressions)
        reason = next((one for one in reasons if one is not None), None)
        if reason is None:
            kept.append(finding)
        else:
            exempted.append(Exempted(finding, reason))
    notices = chain.from_iterable(
        suppression.notices(report.findings, ids) for suppression in suppressions
    )
    return replace(report, findings=tuple(kept), exempted=tuple(exempted), notices=tuple(notices))


def updated(
    suppressions: tuple[Suppressions, ...], report: Report, rules: Iterable[Rule]
) -> tuple[Suppressions, ...]:
    """Write into the baseline what nothing else exempts. Raises ``WrongUsage``."""
    others = tuple(one for one in suppressions if not isinstance(one, Baseline))
    left, ids = exempt(report, others, rules).findings, _ids(rules)
    baselines = [one.updated(left, ids) for one in suppressions if isinstance(one, Baseline)]
    try:
        for baseline in baselines:
            write_baseline(baseline)
    except WrongBaseline as error:
        raise WrongUsage(str(error)) from None
    return (*others, *baselines)


def _ids(rules: Iterable[Rule]) -> frozenset[str]:
    return frozenset(rule.id for rule in rules)
