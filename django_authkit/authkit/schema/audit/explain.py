"""Explains a rule, or how one operation was decided."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from authkit.schema.audit.missing_values import lacks_row, tried
from authkit.schema.model.audited_schema import AS_DEEP_AS_IS_SAFE, AuditedOperation, AuditedSchema
from authkit.schema.model.source import Source, WrongUsage, allowed, customised, probe_source
from authkit.schema.ninja.audited import audited_apis
from authkit.schema.openapi.document import effective_security, fingerprint
from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.probe.decision import Decision, State
from authkit.schema.probe.principals import principals
from authkit.schema.probe.prober import ask
from authkit.schema.probe.tiers import Probe
from authkit.schema.results.findings import Rule
from authkit.schema.rules import find_rule
from authkit.schema.sandbox.answers import Answer, Caller, Verdict
from authkit.schema.views.mapping import Operation

WIDTH = 16


def explain_rule(rule_id: str) -> str:
    """Return the page of a rule. Raises ``WrongUsage``."""
    rule = find_rule(rule_id)
    if rule is None:
        raise WrongUsage(f'There is no rule "{rule_id}".')
    return page(rule)


def page(rule: Rule) -> str:
    return f"{rule.title}\n\n{rule.page}"


def explain_operation(
    source: Source, method: str, path: str, probe: Probe = AS_DEEP_AS_IS_SAFE
) -> str:
    """Return how one operation was decided. Raises ``WrongUsage`` and ``SchemaNotMade``."""
    with customised(source.custom_settings):
        probe = allowed(probe)
        of_views, _ = probe_source(source, probe)
        for schema in (of_views, *audited_apis(source, probe)):
            for audited in schema.operations:
                if (audited.method, audited.path) == (method.lower(), path):
                    return "\n".join(_explanation(schema, audited, probe.params)) + "\n"
    raise WrongUsage(f"The document has no operation {method.upper()} {path}.")


def _explanation(
    schema: AuditedSchema, audited: AuditedOperation, params: Mapping[str, str]
) -> Iterator[str]:
    yield f"{audited.method.upper()} {audited.path}"
    yield _line("documented", _documented(schema, audited))
    if audited.decision is None:
        yield _line("view", "none: no view of the project serves it")
        return
    yield _line("view", audited.place.view)
    yield _line("decided", _decided(audited.decision))
    if lacks_row(audited):
        yield from _lines("tried", tried(audited, params))
    yield from _lines("accepted", _accepted(schema, audited))
    yield from _lines("authenticators", _authenticators(schema, audited, audited.decision))
    if audited.source is not None:
        yield from _lines("permissions", _permissions(audited.source, audited.decision))


def _line(label: str, text: str) -> str:
    return f"  {label:{WIDTH}}{text}"


def _lines(label: str, texts: Iterator[str]) -> Iterator[str]:
    for number, text in enumerate(list(texts) or ["none"]):
        yield _line("" if number else label, text)


def _documented(schema: AuditedSchema, audited: AuditedOperation) -> str:
    security = fingerprint(effective_security(schema.document, audited.document))
    return f"{audited.declared.value}: {security}"


def _decided(decision: Decision) -> str:
    if decision.state is State.UNDECIDED:
        return f"undecided: {decision.reason}"
    refusal = f"; anonymous callers are answered {decision.refusal}" if decision.refusal else ""
    if decision.state is State.OPTIONAL and decision.bad_credential:
        statuses = " or ".join(str(status) for status in decision.bad_credential)
        refusal = f"; a bad credential is answered {statuses}"
    reason = f"; {decision.reason}" if decision.reason else ""
    return f"{decision.state.value} (tier {decision.tier.label}){refusal}{reason}"


def _accepted(schema: AuditedSchema, audited: AuditedOperation) -> Iterator[str]:
    for requirement in audited.enforced(schema.catalogue):
        yield " and ".join(requirement)


def _authenticators(
    schema: AuditedSchema, audited: AuditedOperation, decision: Decision
) -> Iterator[str]:
    catalogue = schema.catalogue
    for one in decision.offered.authenticators:
        schemes = (
            " or ".join(" and ".join(item) for item in audited.requirements((one,), catalogue))
            if audited.describes((one,))
            else "nothing describes it"
        )
        yield f"{dotted(type(one))} ({schemes})"


def _permissions(operation: Operation, decision: Decision) -> Iterator[str]:
    """Ask each permission alone: a view that had no other would answer so."""
    callers = _callers(next(iter(decision.offered.authenticators), None))
    for permission in decision.offered.permissions:
        answers = (
            f"{who}: {_said(_ask(operation, permission, caller))}" for who, caller in callers
        )
        yield f"{_name(permission)} ({', '.join(answers)})"


def _callers(authenticator: Any) -> list[tuple[str, Caller]]:
    superuser, user = (Caller(one, authenticator) for one in principals())
    return [("anonymous", Caller()), ("user", user), ("superuser", superuser)]


def _ask(operation: Operation, permission: Any, caller: Caller) -> Answer:
    view = copy.copy(operation.view)
    # An attribute of this one instance, in the place of the method.
    vars(view)["get_permissions"] = lambda: [permission]
    return ask(replace(operation, view=view), caller)


def _said(answer: Answer) -> str:
    if answer.verdict is Verdict.UNKNOWN:
        return f"unknown, {answer.reason}"
    if answer.verdict is Verdict.ADMITTED:
        return "yes"
    return f"no, {answer.status}" if answer.status else "no"


def _name(permission: Any) -> str:
    """Return the name of a permission; of one that is made of others, their names as well."""
    parts = [getattr(permission, part, None) for part in ("op1", "op2")]
    names = [_name(part) for part in parts if part is not None]
    own = type(permission).__name__ if names else dotted(type(permission))
    return f"{own}({', '.join(names)})" if names else own
