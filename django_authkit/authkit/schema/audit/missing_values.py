"""Says for which placeholders no row was found, and what to type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from authkit.schema.model.audited_schema import AuditedOperation
from authkit.schema.reporters.sentences import counted
from authkit.schema.views.url_builder import unnamed


def missing_values(operations: Sequence[AuditedOperation], params: Mapping[str, str]) -> list[str]:
    """Return one sentence if operations are undecided because their paths lead to no row."""
    found = [one for one in operations if lacks_row(one)]
    options = param_options(found, params)
    if not options:
        return []
    count = counted(len(found), "operation")
    return [f"No row was found for the paths of {count}. Name values: {options}"]


def lacks_row(audited: AuditedOperation) -> bool:
    decision = audited.decision
    return decision is not None and not decision.is_decided and bool(decision.tried)


def param_options(operations: Sequence[AuditedOperation], params: Mapping[str, str]) -> str:
    """Return the options that name values for the placeholders of *operations*."""
    return " ".join(dict.fromkeys(_options(operations, params)))


def _options(operations: Sequence[AuditedOperation], params: Mapping[str, str]) -> Iterator[str]:
    for audited in operations:
        if audited.source is not None:
            yield from (f"--param {name}=..." for name in unnamed(audited.source, params))
