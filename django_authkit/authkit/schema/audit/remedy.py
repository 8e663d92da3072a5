"""What ends most of the findings, in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import replace

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.settings import SPECTACULAR_DEFAULTS, spectacular_settings

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.openapi.document import (
    Document,
    mapping,
    operations,
    security_schemes,
    unshare_operations,
)
from authkit.schema.probe.tiers import Tier
from authkit.schema.results.findings import Finding
from authkit.schema.results.report import Report
from authkit.schema.sandbox.answers import host_errors

#: Changes the document of a schema so that it agrees with the views.
Hook = Callable[[AuditedSchema], None]

HOOKS = "authkit.schema.hooks."


def remedy(report: Report, schema: AuditedSchema, hook: Hook | None) -> str:
    """Say what ends most of the findings of *report*, "" if each needs its own remedy."""
    ended = 0 if hook is None or _is_in_use() else _ended_by(hook, schema, report.findings)
    cause = max(report.causes, key=lambda one: len(one.findings), default=None)
    if cause is not None and len(cause.findings) > max(ended, 1):
        number, rule = len(cause.findings), cause.rule
        return f"One cause is behind {number:,} of these: {rule.id} {rule.name}."
    return f"The hook ends {ended:,} of these{_provided(schema)}: {_how()}." if ended else ""


def _is_in_use() -> bool:
    return any(_path(one).startswith(HOOKS) for one in spectacular_settings.POSTPROCESSING_HOOKS)


def _provided(schema: AuditedSchema) -> str:
    # The hook asks the views alone; what else decides, only an audit knows.
    deep = (one.decision for one in schema.operations if one.decision is not None)
    if all(one.tier < Tier.T2 for one in deep):
        return ""
    return " (with a verdict file, where rows or a middleware decide)"


def _how() -> str:
    stock = spectacular_settings.POSTPROCESSING_HOOKS
    if [*map(_path, stock)] == SPECTACULAR_DEFAULTS["POSTPROCESSING_HOOKS"]:
        return f'SPECTACULAR_SETTINGS["POSTPROCESSING_HOOKS"] = ["{HOOKS}postprocess_schema"]'
    return f'"{HOOKS}postprocess_schema_security" comes last in POSTPROCESSING_HOOKS'


def _path(hook: object) -> str:
    return f"{getattr(hook, '__module__', '')}.{getattr(hook, '__qualname__', hook)}"


def _ended_by(hook: Hook, schema: AuditedSchema, findings: Iterable[Finding]) -> int:
    """Count the *findings* that are gone in a copy of the document that *hook* has changed."""
    try:
        changed = _changed(hook, schema)
        rules = {one.rule.id: one.rule for one in findings}.values()
        offences = [Finding.of(rule, one) for rule in rules for one in rule.look(changed)]
    except host_errors():  # extensions of the project describe schemes, and may fail
        return 0
    left = Counter(one.fingerprint for one in offences)
    return (Counter(one.fingerprint for one in findings) - left).total()


def _changed(hook: Hook, schema: AuditedSchema) -> AuditedSchema:
    document = _copied(schema.document)
    with GENERATOR_STATS.silence():
        hook(_about(schema, document))
    # Made anew: what an operation declares is remembered.
    return _about(schema, document)


def _copied(document: Document) -> Document:
    """Return *document* with copies of what a hook may change; bodies are most of it, and stay."""
    components = {
        name: {**mapping(part)} for name, part in mapping(document.get("components")).items()
    }
    components["securitySchemes"] = deepcopy(security_schemes(document))
    paths = {path: {**mapping(item)} for path, item in mapping(document.get("paths")).items()}
    copied = {**document, "paths": paths, "components": components}
    unshare_operations(copied)
    for holder in (copied, *(operation for _, _, operation in operations(copied))):
        if "security" in holder:
            holder["security"] = deepcopy(holder["security"])
    return copied


def _about(schema: AuditedSchema, document: Document) -> AuditedSchema:
    """Return *schema* with the same decisions about another document of the same operations."""
    found = {(path, method): operation for path, method, operation in operations(document)}
    return replace(
        schema,
        document=document,
        operations=tuple(
            replace(one, root=document, document=found[one.path, one.method])
            for one in schema.operations
        ),
    )
