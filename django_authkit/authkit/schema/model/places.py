"""Where the rules look: operations and requirement lists, with the place to report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema
from authkit.schema.model.findings import Place
from authkit.schema.model.suggest import auth
from authkit.schema.openapi.document import Requirement, effective_security, well_formed
from authkit.schema.probe.decision import State
from authkit.schema.schemes.describer import Alternative, is_whitelisted


def place_of(audited: AuditedOperation) -> Place:
    view = audited.source.view_name if audited.source else ""
    return Place(audited.path, audited.method, view)


def requirement_lists(schema: AuditedSchema) -> Iterator[tuple[Place, Any]]:
    """Yield every ``security`` that is written out, that of the root first."""
    if "security" in schema.document:
        yield Place(), schema.document["security"]
    for audited in schema.operations:
        if "security" in audited.document:
            yield place_of(audited), audited.document["security"]


def in_state(schema: AuditedSchema, *states: State) -> Iterator[AuditedOperation]:
    """Yield the operations that were decided to be in one of *states*."""
    for audited in schema.operations:
        if audited.decision is not None and audited.decision.state in states:
            yield audited


def suggested_auth(schema: AuditedSchema, audited: AuditedOperation) -> str:
    """Return the code that makes the document say what the view does, "" where nobody can."""
    true = audited.true_security(schema.document, schema.catalogue)
    secured = audited.decision is not None and audited.decision.state is State.SECURED
    # A secured view of which no requirement is known wants an extension: AK201.
    return "" if true is None or (secured and not true) else auth(true)


def undeclared(
    schema: AuditedSchema,
) -> Iterator[tuple[AuditedOperation, Alternative, Requirement]]:
    """Yield the sets of credentials that are accepted, and missing from declared requirements.

    Only operations that declare a requirement, and only what AUTHENTICATION_WHITELIST shows.
    """
    catalogue = schema.catalogue
    for audited in in_state(schema, State.SECURED, State.OPTIONAL):
        declared = well_formed(effective_security(schema.document, audited.document))
        if not any(declared) or audited.decision is None:
            continue
        sets = [set(item) for item in declared]
        for alternative in audited.decision.alternatives:
            if is_whitelisted(alternative) and audited.describes(alternative):
                for requirement in audited.requirements(alternative, catalogue):
                    if set(requirement) not in sets:
                        yield audited, alternative, requirement
