"""Audits a project's document: what it declares against what the views enforce."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

from django.conf import settings

from authkit.conf import conf
from authkit.schema.audit.coverage import nothing_decided
from authkit.schema.audit.missing_values import missing_values
from authkit.schema.audit.remedy import Hook, remedy
from authkit.schema.audit.suppressions import exempt, read_suppressions, updated
from authkit.schema.model.audited_schema import AS_DEEP_AS_IS_SAFE, AuditedOperation, AuditedSchema
from authkit.schema.model.source import (
    GENERATED,
    Source,
    WrongUsage,
    allowed,
    customised,
    probe_source,
    silent,
)
from authkit.schema.model.verdicts import WrongVerdicts, write_verdicts
from authkit.schema.ninja.audited import audited_apis
from authkit.schema.openapi.collection import paused_collection
from authkit.schema.openapi.committed import Committed
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.reporters.sentences import counted
from authkit.schema.results.findings import Finding, Rule
from authkit.schema.results.locations import InFile, InSources
from authkit.schema.results.report import Access, Alternatives, Context, Report
from authkit.schema.rules import RULES
from authkit.schema.sandbox.repository import named
from authkit.schema.schemes.catalogue import Catalogue


def audit(
    source: Source = GENERATED,
    *,
    rules: Iterable[Rule] = RULES,
    baseline: str | None = None,
    update_baseline: bool = False,
    probe: Probe = AS_DEEP_AS_IS_SAFE,
    hook: Hook | None = None,
    tell: Callable[[str], None] = silent,
) -> Report:
    """Make the project's schema, hooks included, or read it, and check it against the views.

    With a *hook*, the report says how many findings it would end.

    The report has a ``failure`` if nothing could be decided; its findings are about the document
    alone then. Raises ``WrongUsage``, and ``SchemaNotMade`` if there is no schema.
    """
    rules, probe = tuple(rules), allowed(probe)
    suppressions = read_suppressions(baseline, missing_ok=update_baseline)
    with customised(source.custom_settings), paused_collection():
        schema, committed = probe_source(source, probe, tell)
        tell("Judging")
        of_views = apply_rules(schema, rules)
        # Suggestions are code for views of REST framework.
        of_apis = (
            apply_rules(api, rules).without_suggestions() for api in audited_apis(source, probe)
        )
        report = reduce(Report.beside, of_apis, of_views)
        failure = nothing_decided(report, schema, source)
        if update_baseline and not failure:
            suppressions = updated(suppressions, report, rules)
        report = exempt(report, suppressions, rules)
        # What was not looked for is not gone.
        notices = () if failure else report.notices
        report = replace(
            report,
            notices=(*notices, *missing_values(schema.operations, probe.params)),
            remedy=remedy(_only(report, of_views), schema, hook),
            failure=failure,
        )
    return replace(
        report, context=_context(source, committed, probe), locate=_locate(source, committed)
    )


def _only(report: Report, other: Report) -> Report:
    """Return *report* with only those findings that *other* has as well."""
    known = {one.fingerprint for one in other.findings}
    kept = tuple(one for one in report.findings if one.fingerprint in known)
    return replace(report, findings=kept)


def no_audit(source: Source, probe: Probe, failure: str) -> Report:
    """Return the report on a document that could not be audited, and why."""
    return Report((), (), context=_context(source, None, probe), failure=failure)


def update_verdicts(source: Source, probe: Probe = AS_DEEP_AS_IS_SAFE) -> str:
    """Write what *probe* decides and the hook cannot, and say so. Raises as ``audit()`` does."""
    if conf.SCHEMA_VERDICTS is None:
        raise WrongUsage('--update-verdicts needs AUTHKIT["SCHEMA_VERDICTS"], the file to write.')
    generated = replace(source, file=None)
    with customised(source.custom_settings), paused_collection():
        alone, _ = probe_source(generated, Probe(Tier.T1, params=probe.params))
        deep, _ = probe_source(generated, allowed(probe))
    try:
        number = write_verdicts(conf.SCHEMA_VERDICTS, alone, deep)
    except WrongVerdicts as error:
        raise WrongUsage(f"{error}.") from None
    written = counted(number, "decision is", "decisions are")
    return f"{named(Path(conf.SCHEMA_VERDICTS))}: {written} written; commit the file."


def choose_rules(select: Iterable[str] | None, ignore: Iterable[str] | None) -> tuple[Rule, ...]:
    """Return the rules of *select* (all, if None) that are not in *ignore*.

    Both hold ids or beginnings of ids, also several with commas between. Raises ``WrongUsage``.
    """
    chosen = _prefixes(["AK"] if select is None else select)
    left_out = _prefixes(ignore or [])
    rules = tuple(
        rule for rule in RULES if rule.id.startswith(chosen) and not rule.id.startswith(left_out)
    )
    if not rules:
        # Nothing would be found, and that would look like success.
        raise WrongUsage("No rule is left to run.")
    return rules


def _prefixes(texts: Iterable[str]) -> tuple[str, ...]:
    found = [part.strip().upper() for text in texts for part in text.split(",") if part.strip()]
    for prefix in found:
        if not any(rule.id.startswith(prefix) for rule in RULES):
            raise WrongUsage(f'There is no rule "{prefix}".')
    return tuple(found)


def apply_rules(schema: AuditedSchema, rules: Iterable[Rule] = RULES) -> Report:
    """Run *rules* over *schema*; the same schema gives the same report."""
    findings = (Finding.of(rule, offence) for rule in rules for offence in rule.look(schema))
    catalogue = schema.catalogue
    return Report(
        findings=tuple(sorted(findings, key=lambda finding: finding.order)),
        operations=tuple(_access(audited, catalogue) for audited in schema.operations),
    )


def _access(audited: AuditedOperation, catalogue: Catalogue) -> Access:
    decision = audited.decision
    return Access(
        place=audited.place,
        declared=audited.declared,
        required=_alternatives(audited.required),
        state=decision.state if decision else None,
        accepted=_alternatives(audited.enforced(catalogue)),
        reason=decision.reason if decision else "",
    )


def _alternatives(requirements: Iterable[dict[str, Any]]) -> Alternatives:
    return tuple(dict.fromkeys(tuple(sorted(item)) for item in requirements if item))


def _context(source: Source, committed: Committed | None, probe: Probe) -> Context:
    return Context(
        settings=settings.SETTINGS_MODULE if settings.configured else "",
        debug=settings.DEBUG,
        urlconf=source.urlconf or settings.ROOT_URLCONF,
        file=committed.name if committed else source.file or "",
        tier=probe.tier.label if probe.tier is not None else "",
    )


def _locate(source: Source, committed: Committed | None) -> Any:
    if committed is not None:
        return InFile(committed)
    return InSources(source.urlconf or settings.ROOT_URLCONF)
