"""Where the rules look: operations and requirement lists, with the place to report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authkit.schema.model.audited_schema import Judged, Truth
from authkit.schema.model.findings import Place
from authkit.schema.model.suggest import auth
from authkit.schema.openapi.document import Requirement, effective_security, well_formed
from authkit.schema.probe.decide import Alternative, State
from authkit.schema.schemes.describer import shown


def place_of(judged: Judged) -> Place:
    view = judged.source.view_name if judged.source else ""
    return Place(judged.path, judged.method, view)


def requirement_lists(truth: Truth) -> Iterator[tuple[Place, Any]]:
    """Yield every ``security`` that is written out, that of the root first."""
    if "security" in truth.document:
        yield Place(), truth.document["security"]
    for judged in truth.judged:
        if "security" in judged.document:
            yield place_of(judged), judged.document["security"]


def in_state(truth: Truth, *states: State) -> Iterator[Judged]:
    """Yield the operations that were decided to be in one of *states*."""
    for judged in truth.judged:
        if judged.decision is not None and judged.decision.state in states:
            yield judged


def mended(truth: Truth, judged: Judged) -> str:
    """Return the code that makes the document say what the view does, "" where nobody can."""
    true = judged.true_security(truth.document, truth.catalogue)
    secured = judged.decision is not None and judged.decision.state is State.SECURED
    # A secured view of which no requirement is known wants an extension: AK201.
    return "" if true is None or (secured and not true) else auth(true)


def undeclared(truth: Truth) -> Iterator[tuple[Judged, Alternative, Requirement]]:
    """Yield the sets of credentials that are accepted, and missing from declared requirements.

    Only operations that declare a requirement, and only what AUTHENTICATION_WHITELIST shows.
    """
    catalogue = truth.catalogue
    for judged in in_state(truth, State.SECURED, State.OPTIONAL):
        declared = well_formed(effective_security(truth.document, judged.document))
        if not any(declared) or judged.decision is None:
            continue
        sets = [set(item) for item in declared]
        for alternative in judged.decision.alternatives:
            if shown(alternative) and judged.describes(alternative):
                for requirement in judged.requirements(alternative, catalogue):
                    if set(requirement) not in sets:
                        yield judged, alternative, requirement
