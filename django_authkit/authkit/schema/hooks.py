"""The postprocessing hooks that write into a document what the views enforce.

A project without hooks of its own names one, which runs drf-spectacular's first::

    SPECTACULAR_SETTINGS = {"POSTPROCESSING_HOOKS": ["authkit.schema.hooks.postprocess_schema"]}

Beside other hooks, ``postprocess_schema_security`` comes last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from django.utils.module_loading import import_string
from drf_spectacular.drainage import warn
from drf_spectacular.settings import SPECTACULAR_DEFAULTS, spectacular_settings

from authkit.conf import conf
from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema, probe_document
from authkit.schema.model.refusal_bodies import RefusalBodies
from authkit.schema.model.refusal_texts import AMBIGUOUS, NOT_VALID, REFUSED
from authkit.schema.model.required_scopes import document_scopes
from authkit.schema.model.unfounded_401 import documents_unfounded_401
from authkit.schema.model.verdicts import WrongVerdicts, read_verdicts, with_verdicts
from authkit.schema.openapi.document import (
    Declared,
    Document,
    Requirement,
    deduplicated,
    documents,
    effective_security,
    mapping,
    mentions_scheme,
    operations,
    renamed,
    schemes_in,
    security_schemes,
    unshare_operations,
)
from authkit.schema.openapi.elsewhere import required_schemes
from authkit.schema.probe.decision import Decision, State
from authkit.schema.probe.prober import Memory
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.sandbox.answers import describe, host_errors
from authkit.schema.schemes.catalogue import Catalogue
from authkit.schema.views.generation import generation_of

#: What this process decided for the first document that it served: requests ask no view again.
DECIDED: Memory = WeakKeyDictionary()


@dataclass(frozen=True)
class Fix:
    """What is written into one operation; None leaves the field as it is.

    ``refusals`` are texts by status; ``unfounded`` says that its 401 goes.
    """

    audited: AuditedOperation
    security: list[Requirement] | None = None
    refusals: Mapping[int, str] = field(default_factory=dict)
    secured: bool = False
    unfounded: bool = False


def postprocess_schema(result: Document, generator: Any, request: Any, public: bool) -> Document:
    """Run the hooks that drf-spectacular runs by default, then :func:`postprocess_schema_security`.

    ``POSTPROCESSING_HOOKS`` replaces the default: a project that names only a hook of its own loses
    the named enums.
    """
    for path in SPECTACULAR_DEFAULTS["POSTPROCESSING_HOOKS"]:
        result = import_string(path)(
            result=result, generator=generator, request=request, public=public
        )
    return postprocess_schema_security(result, generator, request, public)


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
        generation = generation_of(generator)
        for old, new in unshare_operations(result):
            generation.moved(old, new)
        memory = None if request is None else DECIDED
        schema = with_committed_verdicts(probe_document(result, generator, Probe(Tier.T1), memory))
        _warn_if_nothing_is_decided(schema)
        fix_document(schema)
    except host_errors() as error:  # a schema with the old faults is better than none
        warn(f"authkit left the security of the schema as it was ({describe(error)}).")
    return result


def _warn_if_nothing_is_decided(schema: AuditedSchema) -> None:
    """A document that no view was compared with looks like one that was."""
    undecided = [one for one in schema.operations if not (one.decision and one.decision.is_decided)]
    if undecided and len(undecided) == len(schema.operations):
        first = undecided[0]
        why = first.decision.reason if first.decision else "no view is known"
        warn(
            "authkit could decide none of the operations, and left their security as it was "
            f"({first.method.upper()} {first.path}: {why})."
        )


def with_committed_verdicts(schema: AuditedSchema) -> AuditedSchema:
    """Return *schema* with the decisions of a committed file, if there is one."""
    if conf.SCHEMA_VERDICTS is None:
        return schema
    try:
        return with_verdicts(schema, read_verdicts(conf.SCHEMA_VERDICTS))
    except WrongVerdicts as error:
        warn(f"authkit asked the views alone: {error}.")
        return schema


def fix_document(schema: AuditedSchema) -> None:
    """Change the document of *schema* so that it agrees with the views."""
    catalogue = schema.catalogue
    merge_schemes(schema.document, catalogue)
    if "security" in schema.document:
        schema.document["security"] = deduplicated(schema.document["security"], catalogue.shared)
    reports_open = conf.SCHEMA_OPEN_OPERATIONS == "report"
    fixes = list(_fixes(schema, Fixer(schema.document, catalogue, reports_open)))
    named = {name for fix in fixes for requirement in fix.security or [] for name in requirement}
    replaced = _replaced(fixes, schema.document)
    bodies = RefusalBodies(schema.document)
    for fix in fixes:
        _write(fix, bodies)
    _define_schemes(schema.document, catalogue, named)
    _remove_schemes(schema.document, replaced - named, schema)
    _name_scopes(schema, catalogue)


def merge_schemes(document: Document, catalogue: Catalogue) -> None:
    """Give up the names of credentials that have another one as well."""
    schemes = security_schemes(document)
    given_up = {name: other for name, other in catalogue.merged.items() if name in schemes}
    if not given_up:
        return
    for holder in [document, *(operation for _, _, operation in operations(document))]:
        if "security" in holder:
            holder["security"] = renamed(holder["security"], given_up)
    for name, other in given_up.items():
        schemes.setdefault(other, schemes[name])
        # Webhooks and callbacks say what a client of the project requires, and go on saying it.
        if not mentions_scheme(document, name):
            del schemes[name]


def _fixes(schema: AuditedSchema, fixer: Fixer) -> Iterator[Fix]:
    for audited in schema.operations:
        try:
            fix = fixer.fix(audited)
        except host_errors() as error:  # one operation must not cost the others
            place = f"{audited.method.upper()} {audited.path}"
            warn(f"authkit left the security of {place} as it was ({describe(error)}).")
        else:
            yield fix


@dataclass(frozen=True)
class Fixer:
    """Finds out what to write. Operations that are decided and declared alike are fixed alike.

    ``reports_open`` leaves those that are open, and declared as secured, to the audit.
    """

    document: Document
    catalogue: Catalogue
    reports_open: bool
    written: dict[tuple[int, str], list[Requirement] | None] = field(default_factory=dict)

    def fix(self, audited: AuditedOperation) -> Fix:
        decision, refusals = audited.decision, dict(_undocumented(audited))
        if decision is None or not decision.is_decided or self.is_left_to_the_audit(audited):
            return Fix(audited, self.deduplicated(audited.document), refusals)
        if decision.state in (State.PUBLIC, State.CLOSED):
            unfounded = documents_unfounded_401(audited)
            return Fix(audited, [], refusals, unfounded=unfounded)
        secured = decision.state is State.SECURED
        return Fix(audited, self.requirements(audited, decision), refusals, secured)

    def deduplicated(self, operation: dict[str, Any]) -> list[Requirement] | None:
        """Return what the operation says, each requirement once, None if it does so already."""
        declared = operation.get("security")
        once: list[Requirement] | None = deduplicated(declared, self.catalogue.shared)
        return None if once == declared else once

    def is_left_to_the_audit(self, audited: AuditedOperation) -> bool:
        """Tell whether the view is open, the document says otherwise, and is to go on saying so."""
        return (
            self.reports_open
            and audited.decision is not None
            and audited.decision.is_open
            and audited.declared is Declared.SECURED
        )

    def requirements(
        self, audited: AuditedOperation, decision: Decision
    ) -> list[Requirement] | None:
        key = id(decision), repr(audited.document.get("security", "inherited"))
        if key not in self.written:
            true = audited.true_security(self.catalogue)
            stands = effective_security(self.document, audited.document)
            self.written[key] = None if true == stands else true
        found = self.written[key]
        # New lists: one object in two places becomes an alias in YAML.
        return found and [{name: [*roles] for name, roles in item.items()} for item in found]


def _undocumented(audited: AuditedOperation) -> Iterator[tuple[int, str]]:
    """Yield the refusals that the view answers and the document does not know, with their text."""
    for status, text in _answered(audited):
        if not documents(audited.document, status):
            yield status, text


def _answered(audited: AuditedOperation) -> Iterator[tuple[int, str]]:
    decision = audited.decision
    if decision is not None and decision.refusal is not None:
        yield decision.refusal, REFUSED[decision.refusal]
    if decision is not None and decision.state is State.OPTIONAL:
        # A missing credential is not refused there.
        yield from ((status, NOT_VALID) for status in decision.bad_credential)
    if decision is not None and _takes_one_of_several(decision):
        yield 400, AMBIGUOUS
    if audited.throttled:
        yield 429, REFUSED[429]


def _takes_one_of_several(decision: Decision) -> bool:
    """Tell whether authenticators look for each other's credentials, and refuse two.

    Those that do say at which ``place`` of a request theirs is.
    """
    places = {getattr(one, "place", None) for one in decision.offered.authenticators}
    return len(places - {None}) > 1


def _replaced(fixes: list[Fix], document: Document) -> set[str]:
    """Return the schemes in those requirements that are going to be written anew."""
    written = (fix.audited.document for fix in fixes if fix.security is not None)
    return set().union(*(schemes_in(document, one.get("security")) for one in written))


def _write(fix: Fix, bodies: RefusalBodies) -> None:
    operation = fix.audited.document
    if fix.security == [] and fix.secured:
        # No requirement is known. An empty list would say that there is none.
        operation.pop("security", None)
    elif fix.security is not None:
        operation["security"] = fix.security
    if fix.refusals:
        added = bodies.responses(fix.audited, fix.refusals)
        operation["responses"] = mapping(operation.get("responses")) | added
    if fix.unfounded:
        del operation["responses"]["401"]


def _name_scopes(schema: AuditedSchema, catalogue: Catalogue) -> None:
    for audited in schema.operations:
        try:
            document_scopes(audited, schema.document, catalogue)
        except host_errors() as error:  # as above
            place = f"{audited.method.upper()} {audited.path}"
            warn(f"authkit named no scopes for {place} ({describe(error)}).")


def _define_schemes(document: Document, catalogue: Catalogue, named: set[str]) -> None:
    """Define the schemes that were written and are not in the document yet."""
    schemes = security_schemes(document)
    missing = {name: catalogue.definitions[name] for name in named & {*catalogue.definitions}}
    if not missing.keys() - schemes.keys():
        return
    components = document.setdefault("components", {})
    components["securitySchemes"] = dict(sorted((missing | schemes).items()))


def _remove_schemes(document: Document, names: set[str], schema: AuditedSchema) -> None:
    """Remove those schemes of authenticators that nothing uses now, and that were not changed."""
    # Of several definitions that claim a name, the one that stands in the document keeps it.
    unused = names - schema.catalogue.shared.keys()
    unused -= required_schemes(document) if unused else set()
    if not unused:
        return
    schemes = security_schemes(document)
    described: dict[str, Any] = {}
    for one in schema.descriptions:
        described |= {**one.mistaken, **one.definitions}
    appended = mapping(spectacular_settings.APPEND_COMPONENTS).get("securitySchemes", {})
    for name in unused - {*appended}:
        if schemes.get(name) == described.get(name) and not mentions_scheme(document, name):
            schemes.pop(name, None)
    if not schemes:
        mapping(document.get("components")).pop("securitySchemes", None)
