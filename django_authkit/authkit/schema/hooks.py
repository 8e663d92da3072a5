"""The postprocessing hook that makes a drf-spectacular document tell the truth about security.

Add it last to the hooks::

    SPECTACULAR_SETTINGS = {
        "POSTPROCESSING_HOOKS": [
            "drf_spectacular.hooks.postprocess_schema_enums",
            "authkit.schema.hooks.postprocess_schema_security",
        ],
    }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from drf_spectacular.drainage import warn

# Imported for its effect: the descriptions of authenticators are registered.
import authkit.schema.extensions  # noqa: F401
from authkit.schema.credentials import Catalogue
from authkit.schema.decide import State
from authkit.schema.document import (
    Document,
    Requirement,
    documents_refusal,
    effective_security,
    operations,
    renamed,
    security_schemes,
    true_requirements,
    well_formed,
)
from authkit.schema.gate import describe
from authkit.schema.truth import Judged, Truth, find_truth

REFUSED = {
    401: "The credential is missing or not valid.",
    403: "The request is not allowed.",
}


@dataclass(frozen=True)
class Mending:
    """What is written into one operation; None leaves the field as it is."""

    operation: dict[str, Any]
    security: list[Requirement] | None = None
    refusal: int | None = None


def postprocess_schema_security(
    result: Document,
    generator: Any,
    request: Any,
    public: bool,
) -> Document:
    """Write into *result* who may call each operation, as decided from its view.

    Operations about which nothing could be decided stay as they are. Never raises: what goes wrong
    is told through drf-spectacular's own warnings. Running it again changes nothing.
    """
    try:
        mend(find_truth(result, generator))
    except Exception as error:  # a schema with the old faults is better than none
        warn(f"authkit left the security of the schema as it was ({describe(error)}).")
    return result


def mend(truth: Truth) -> None:
    """Change the document of *truth* so that it agrees with the views."""
    catalogue = truth.catalogue()
    merge_schemes(truth.document, catalogue)
    mendings = list(_mendings(truth, catalogue))
    for mending in mendings:
        _write(mending)
    _define_schemes(truth.document, catalogue, mendings)


def merge_schemes(document: Document, catalogue: Catalogue) -> None:
    """Give up names whose definition stands, byte for byte, under another name as well."""
    schemes = security_schemes(document)
    given_up = {name: other for name, other in catalogue.merged.items() if name in schemes}
    for name, other in given_up.items():
        schemes.setdefault(other, schemes[name])
        del schemes[name]
    holders = [document, *(operation for _, _, operation in operations(document))]
    for holder in holders:
        if given_up and "security" in holder:
            holder["security"] = renamed(holder["security"], given_up)


def _mendings(truth: Truth, catalogue: Catalogue) -> Iterator[Mending]:
    for judged in truth.judged:
        try:
            yield _mending(truth.document, judged, catalogue)
        except Exception as error:  # one operation of the host's must not cost the others
            place = f"{judged.method.upper()} {judged.path}"
            warn(f"authkit left the security of {place} as it was ({describe(error)}).")


def _mending(document: Document, judged: Judged, catalogue: Catalogue) -> Mending:
    decision = judged.decision
    if decision is None or decision.state is State.UNDECIDED:
        return Mending(judged.document)
    refusal = None if documents_refusal(judged.document) else decision.refusal
    if decision.state in (State.PUBLIC, State.CLOSED):
        return Mending(judged.document, [], refusal)
    return Mending(judged.document, _requirements(document, judged, catalogue), refusal)


def _requirements(
    document: Document, judged: Judged, catalogue: Catalogue
) -> list[Requirement] | None:
    """Return the operation's true requirements, None if it says them already or nobody can."""
    effective = effective_security(document, judged.document)
    own = well_formed(effective)
    inherited = "security" not in judged.document
    wanted = judged.wanted(catalogue)
    optional = bool(judged.decision and judged.decision.state is State.OPTIONAL)
    if not wanted and not optional:
        # No extension describes these authenticators. Nothing written would read as public.
        return None
    # A requirement inherited from the root was written for everybody, not for this operation.
    known = {name for item in own for name in item} if inherited else set[str]()
    true = true_requirements(
        own,
        wanted,
        optional=optional,
        known=known | catalogue.known,
        added=judged.added(catalogue),
    )
    return None if true == effective else true


def _write(mending: Mending) -> None:
    if mending.security is not None:
        mending.operation["security"] = mending.security
    if mending.refusal is not None:
        responses = mending.operation.setdefault("responses", {})
        responses[str(mending.refusal)] = {"description": REFUSED[mending.refusal]}


def _define_schemes(document: Document, catalogue: Catalogue, mendings: list[Mending]) -> None:
    """Define the schemes that were written and are not in the document yet."""
    named = {
        name
        for mending in mendings
        for requirement in mending.security or []
        for name in requirement
    }
    schemes = security_schemes(document)
    missing = {name: catalogue.definitions[name] for name in named & {*catalogue.definitions}}
    if not missing.keys() - schemes.keys():
        return
    components = document.setdefault("components", {})
    components["securitySchemes"] = dict(sorted((missing | schemes).items()))
