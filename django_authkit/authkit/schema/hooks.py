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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from drf_spectacular.drainage import warn
from drf_spectacular.settings import spectacular_settings

# Imported for its effect: the descriptions of authenticators are registered.
import authkit.schema.schemes.extensions  # noqa: F401
from authkit.conf import conf
from authkit.schema.model.audited_schema import Judged, Truth, find_truth
from authkit.schema.model.baseless import documents_baseless_401
from authkit.schema.model.refusals import NOT_VALID, REFUSED
from authkit.schema.model.scopes import name_scopes
from authkit.schema.model.verdicts import WrongVerdicts, read_verdicts, with_verdicts
from authkit.schema.openapi.document import (
    Declared,
    Document,
    Requirement,
    declared_state,
    documents,
    effective_security,
    mapping,
    mentions_scheme,
    operations,
    renamed,
    required_schemes,
    said_once,
    security_schemes,
    unshare_operations,
)
from authkit.schema.probe.decide import Decision, State
from authkit.schema.probe.prober import Memory
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.sandbox.answers import describe, host_errors
from authkit.schema.schemes.catalogue import Catalogue

#: What this process decided for the first document that it served: requests ask no view again.
DECIDED: Memory = WeakKeyDictionary()


@dataclass(frozen=True)
class Mending:
    """What is written into one operation; None leaves the field as it is.

    ``baseless`` says that its 401 goes.
    """

    operation: dict[str, Any]
    security: list[Requirement] | None = None
    refusals: Mapping[int, str] = field(default_factory=dict)
    secured: bool = False
    baseless: bool = False


def postprocess_schema_security(
    result: Document,
    generator: Any,
    request: Any,
    public: bool,
) -> Document:
    """Write into *result* who may call each operation, as decided from its view.

    Operations about which nothing could be decided go on saying what they said. Never raises: what
    goes wrong is told through drf-spectacular's own warnings. Running it again changes nothing.
    """
    try:
        unshare_operations(result)
        memory = None if request is None else DECIDED
        mend(believed(find_truth(result, generator, Probe(Tier.T1), memory)))
    except host_errors() as error:  # a schema with the old faults is better than none
        warn(f"authkit left the security of the schema as it was ({describe(error)}).")
    return result


def believed(truth: Truth) -> Truth:
    """Return *truth* with what an audit wrote down, if there is such a file."""
    if conf.SCHEMA_VERDICTS is None:
        return truth
    try:
        return with_verdicts(truth, read_verdicts(conf.SCHEMA_VERDICTS))
    except WrongVerdicts as error:
        warn(f"authkit asked the views alone: {error}.")
        return truth


def mend(truth: Truth) -> None:
    """Change the document of *truth* so that it agrees with the views."""
    catalogue = truth.catalogue
    merge_schemes(truth.document, catalogue)
    required = required_schemes(truth.document)
    if "security" in truth.document:
        truth.document["security"] = said_once(truth.document["security"], catalogue.shared)
    mendings = list(_mendings(truth, Mender(truth.document, catalogue)))
    for mending in mendings:
        _write(mending)
    _define_schemes(truth.document, catalogue, mendings)
    # Of several definitions that claim a name, the one that stands in the document keeps it.
    unused = required - required_schemes(truth.document) - catalogue.shared
    _remove_schemes(truth.document, unused, truth)
    _name_scopes(truth, catalogue)


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


def _mendings(truth: Truth, mender: Mender) -> Iterator[Mending]:
    for judged in truth.judged:
        try:
            mending = mender.mending(judged)
        except host_errors() as error:  # one operation must not cost the others
            place = f"{judged.method.upper()} {judged.path}"
            warn(f"authkit left the security of {place} as it was ({describe(error)}).")
        else:
            yield mending


@dataclass(frozen=True)
class Mender:
    """Finds out what to write. Operations that are decided and declared alike are mended alike."""

    document: Document
    catalogue: Catalogue
    known: dict[tuple[int, str], list[Requirement] | None] = field(default_factory=dict)

    def mending(self, judged: Judged) -> Mending:
        decision, refusals = judged.decision, dict(_undocumented(judged))
        if decision is None or not decision.is_decided or self.is_left_to_the_audit(judged):
            return Mending(judged.document, self.said_once(judged.document), refusals)
        if decision.state in (State.PUBLIC, State.CLOSED):
            baseless = documents_baseless_401(judged)
            return Mending(judged.document, [], refusals, baseless=baseless)
        secured = decision.state is State.SECURED
        return Mending(judged.document, self.requirements(judged, decision), refusals, secured)

    def said_once(self, operation: dict[str, Any]) -> list[Requirement] | None:
        """Return what the operation says, each requirement once, None if it does so already."""
        declared = operation.get("security")
        once: list[Requirement] | None = said_once(declared, self.catalogue.shared)
        return None if once == declared else once

    def is_left_to_the_audit(self, judged: Judged) -> bool:
        """Tell whether the view is open, the document says otherwise, and is to go on saying so."""
        return (
            conf.SCHEMA_OPEN_OPERATIONS == "report"
            and judged.decision is not None
            and judged.decision.is_open
            and declared_state(self.document, judged.document) is Declared.SECURED
        )

    def requirements(self, judged: Judged, decision: Decision) -> list[Requirement] | None:
        key = id(decision), repr(judged.document.get("security", "inherited"))
        if key not in self.known:
            self.known[key] = _requirements(self.document, judged, self.catalogue)
        found = self.known[key]
        # New lists: one object in two places becomes an alias in YAML.
        return found and [{name: [*roles] for name, roles in item.items()} for item in found]


def _undocumented(judged: Judged) -> Iterator[tuple[int, str]]:
    """Yield the refusals that the view answers and the document does not know, with their text."""
    for status, text in _answered(judged):
        if not documents(judged.document, status):
            yield status, text


def _answered(judged: Judged) -> Iterator[tuple[int, str]]:
    decision = judged.decision
    if decision is not None and decision.refusal is not None:
        yield decision.refusal, REFUSED[decision.refusal]
    if decision is not None and decision.state is State.OPTIONAL:
        # Nobody is refused there for want of a credential.
        yield from ((status, NOT_VALID) for status in decision.bad_credential)
    if judged.throttled:
        yield 429, REFUSED[429]


def _requirements(
    document: Document, judged: Judged, catalogue: Catalogue
) -> list[Requirement] | None:
    """Return the operation's true requirements, None if it says them already or nobody can."""
    true = judged.true_security(document, catalogue)
    return None if true == effective_security(document, judged.document) else true


def _write(mending: Mending) -> None:
    if mending.security == [] and mending.secured:
        # No requirement is known. An empty list would say that there is none.
        mending.operation.pop("security", None)
    elif mending.security is not None:
        mending.operation["security"] = mending.security
    if mending.refusals:
        added = {str(status): {"description": text} for status, text in mending.refusals.items()}
        mending.operation["responses"] = mapping(mending.operation.get("responses")) | added
    if mending.baseless:
        del mending.operation["responses"]["401"]


def _name_scopes(truth: Truth, catalogue: Catalogue) -> None:
    for judged in truth.judged:
        try:
            name_scopes(judged, truth.document, catalogue)
        except host_errors() as error:  # as above
            place = f"{judged.method.upper()} {judged.path}"
            warn(f"authkit named no scopes for {place} ({describe(error)}).")


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


def _remove_schemes(document: Document, names: set[str], truth: Truth) -> None:
    """Remove those schemes of authenticators that nobody else wants, or has changed."""
    if not names:
        return
    schemes = security_schemes(document)
    described = {
        name: one.definitions[name] for one in truth.descriptions for name in one.definitions
    }
    appended = mapping(spectacular_settings.APPEND_COMPONENTS).get("securitySchemes", {})
    for name in names - {*appended}:
        if schemes.get(name) == described.get(name) and not mentions_scheme(document, name):
            schemes.pop(name, None)
    if not schemes:
        mapping(document.get("components")).pop("securitySchemes", None)
