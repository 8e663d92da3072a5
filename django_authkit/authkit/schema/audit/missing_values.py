"""Says for which placeholders no row was found, and what to type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from authkit.schema.model.audited_schema import AuditedOperation
from authkit.schema.reporters.sentences import counted
from authkit.schema.views.url_builder import unnamed


def missing_values(operations: Sequence[AuditedOperation], params: Mapping[str, str]) -> list[str]:
    """Return one sentence if operations are undecided because their paths lead to no row."""
    found = [named for one in operations if lacks_row(one) and (named := _options(one, params))]
    if not found:
        return []
    options = " ".join(dict.fromkeys(chain.from_iterable(found)))
    count = counted(len(found), "operation")
    return [f"No row was found for the paths of {count}. Name values: {options}"]


def lacks_row(audited: AuditedOperation) -> bool:
    decision = audited.decision
    return decision is not None and not decision.is_decided and bool(decision.tried)


def tried(audited: AuditedOperation, params: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths that led to no row, and the options that name values for others."""
    if audited.decision is not None and lacks_row(audited):
        yield from audited.decision.tried
        yield from filter(None, [" ".join(_options(audited, params))])


def _options(audited: AuditedOperation, params: Mapping[str, str]) -> list[str]:
    names = unnamed(audited.source, params) if audited.source else []
    return [f"--param {name}=..." for name in names]
