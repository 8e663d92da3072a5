"""What the audit knows about one document: every operation, its view and what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from authkit.conf import conf
from authkit.schema.model.handler_refusals import without_guess
from authkit.schema.model.suggest import auth
from authkit.schema.openapi.document import (
    Declared,
    Document,
    Requirement,
    declared_state,
    deduplicated,
    effective_security,
    operations,
    security_schemes,
    true_requirements,
    well_formed,
)
from authkit.schema.openapi.elsewhere import holders_elsewhere
from authkit.schema.probe.decision import NOTHING, Decision, Offer, State
from authkit.schema.probe.prober import AccessProber, Memory, access_prober
from authkit.schema.probe.responses import HANDLER
from authkit.schema.probe.tiers import Probe
from authkit.schema.sandbox.answers import host_errors
from authkit.schema.schemes.catalogue import Catalogue, combined
from authkit.schema.schemes.describer import Alternative, Describer, Description, is_whitelisted
from authkit.schema.views.code.written_permissions import shares_a_function
from authkit.schema.views.mapping import Operation, documented_patterns, map_operations
from authkit.schema.views.throttled import is_throttled

AS_DEEP_AS_IS_SAFE = Probe()


@dataclass(frozen=True, order=True)
class Place:
    """Where a finding is: an operation, or with neither path nor method the whole document."""

    path: str = ""
    method: str = ""
    view: str = ""

    @property
    def label(self) -> str:
        return f"{self.method.upper()} {self.path}".lstrip() or "the document"


@dataclass(frozen=True)
class AuditedOperation:
    """An operation of the document, its view if it has one, and the decision about it.

    ``root`` is the whole document, ``document`` what it says of the operation. ``throttled`` tells
    that the view may answer 429.
    """

    root: Document
    path: str
    method: str
    document: dict[str, Any]
    source: Operation | None = None
    decision: Decision | None = None
    descriptions: Mapping[Any, Description | None] = field(default_factory=dict)
    throttled: bool = False

    @cached_property
    def place(self) -> Place:
        return Place(self.path, self.method, self.source.view_name if self.source else "")

    @cached_property
    def required(self) -> list[Requirement]:
        """The requirements that the document declares, those of the root if there are no others."""
        return well_formed(effective_security(self.root, self.document))

    @cached_property
    def declared(self) -> Declared:
        return declared_state(self.required)

    @property
    def is_acknowledged(self) -> bool:
        """Tell whether an operation without a view of REST framework declares that it is open."""
        return True

    @property
    def reads_unknown(self) -> bool:
        """Tell whether the view reads, or may read, a credential of which no scheme is known."""
        decision = self.decision
        if decision is None or (not decision.is_decided and decision.offered == NOTHING):
            return True
        by_handler = not decision.is_decided and decision.depends_on == HANDLER
        offered = decision.offered.credentials
        return by_handler or any(self.descriptions.get(one) is None for one in offered)

    def publishes(self, credential: Any, catalogue: Catalogue) -> bool:
        """Tell whether the document describes *credential*, or has no reason to mention it here.

        It has none where drf-spectacular finds no requirement for a credential that the view does
        not accept.
        """
        description = self.descriptions.get(credential)
        if description is None or description.published or self.decision is None:
            return description is not None
        accepted = {one for alternative in self.decision.alternatives for one in alternative}
        if self.decision.is_decided and credential not in accepted:
            return True
        required = {name for item in self.required for name in item}
        return not required.isdisjoint(catalogue.names_of([description]))

    def describes(self, alternative: Alternative) -> bool:
        return all(self.descriptions.get(one) is not None for one in alternative)

    def requirements(self, alternative: Alternative, catalogue: Catalogue) -> list[Requirement]:
        """Return *alternative* as requirements; there are several if a credential has several."""
        found = (self.descriptions[one] for one in alternative)
        return combined(catalogue.requirements(item) for item in found if item is not None)

    def enforced(self, catalogue: Catalogue) -> list[Requirement]:
        """Return the requirements that are true."""
        accepted = self.decision.alternatives if self.decision else ()
        return self._written(accepted, catalogue)

    def added(self, catalogue: Catalogue) -> list[Requirement]:
        """Return the true requirements that are written where they are missing.

        A hidden authenticator stays hidden, unless the operation would then read as public.
        """
        accepted = self.decision.alternatives if self.decision else ()
        visible = self._written([one for one in accepted if is_whitelisted(one)], catalogue)
        return visible or self._written(accepted, catalogue)

    def true_security(self, catalogue: Catalogue) -> list[Requirement] | None:
        """Return what the document should say of the operation, None if that is not known.

        What it says rightly stays where it is.
        """
        if self.decision is None or not self.decision.is_decided:
            return None
        if self.decision.state in (State.PUBLIC, State.CLOSED):
            return []
        enforced = self.enforced(catalogue)
        optional = self.decision.state is State.OPTIONAL
        if not enforced and not optional:
            # No extension describes these authenticators. All that is known is that {} is not true.
            once: list[Requirement] = deduplicated(
                [item for item in self.required if item], catalogue.shared
            )
            return once
        # A requirement inherited from the root was written for all operations, not for this one.
        inherited = "security" not in self.document
        inherited_names = (
            {name for item in self.required for name in item} if inherited else set[str]()
        )
        ours = inherited_names | catalogue.credential_names
        if self.reads_unknown:
            # What nothing describes may read any scheme.
            ours = catalogue.names_of(self.descriptions.values())
        return true_requirements(
            self.required,
            enforced,
            optional=optional,
            ours=ours,
            added=self.added(catalogue),
        )

    def suggested_auth(self, catalogue: Catalogue) -> str:
        """Return the code that makes the document say what the view does, "" if it is unknown."""
        true = self.true_security(catalogue)
        secured = self.decision is not None and self.decision.state is State.SECURED
        # A secured view of which no requirement is known needs an extension: AK201.
        return "" if true is None or (secured and not true) else self.auth(true)

    def auth(self, requirements: list[Requirement]) -> str:
        """Return the code that makes the document say *requirements* of this operation."""
        shared = self.source is not None and shares_a_function(self.source)
        # drf-spectacular writes no empty list, and then the security of the root is inherited.
        inherits = not requirements and "security" in self.root
        return auth([{}] if inherits else requirements, self.method if shared else "")

    def _written(self, accepted: Any, catalogue: Catalogue) -> list[Requirement]:
        return [
            requirement
            for alternative in accepted
            if self.describes(alternative)
            for requirement in self.requirements(alternative, catalogue)
        ]


@dataclass(frozen=True)
class AuditedSchema:
    """A document and everything that was found out about it.

    ``live`` is what the project generates today, if the document comes from a file.
    """

    document: Document
    operations: tuple[AuditedOperation, ...]
    live: Document | None = None
    generator: Any = None

    @property
    def descriptions(self) -> Iterator[Description]:
        """Yield the descriptions of all credentials on all views."""
        for audited in self.operations:
            yield from (found for found in audited.descriptions.values() if found is not None)

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue.of(
            self.descriptions, security_schemes(self.document), conf.SCHEMA_SCHEME_ALIASES
        )

    @cached_property
    def requirement_lists(self) -> Sequence[tuple[Place, Any]]:
        """Every ``security`` that is written out, that of the root first.

        Those of webhooks and callbacks come last.
        """
        elsewhere = ((Place(*at), holder) for *at, holder in holders_elsewhere(self.document))
        holders = [
            (Place(), self.document),
            *((one.place, one.document) for one in self.operations),
            *elsewhere,
        ]
        return [(place, one["security"]) for place, one in holders if "security" in one]

    @cached_property
    def undeclared(self) -> Sequence[tuple[AuditedOperation, Alternative, Requirement]]:
        """The sets of credentials that are accepted, and missing from declared requirements.

        Only of operations that declare one, and only what AUTHENTICATION_WHITELIST shows.
        """
        return [
            (audited, alternative, requirement)
            for audited in self.in_state(State.SECURED, State.OPTIONAL)
            if audited.declared is not Declared.PUBLIC and audited.decision is not None
            for alternative in audited.decision.alternatives
            if is_whitelisted(alternative) and audited.describes(alternative)
            for requirement in audited.requirements(alternative, self.catalogue)
            if {*requirement} not in [{*item} for item in audited.required]
        ]

    def auth(self, place: Place, requirements: list[Requirement]) -> str:
        """Return the code that makes the operation say *requirements*, "" if *place* is none."""
        found = (one.auth(requirements) for one in self.operations if one.place == place)
        return next(found, "")

    def in_state(self, *states: State) -> Iterator[AuditedOperation]:
        """Yield the operations that were decided to be in one of *states*."""
        for audited in self.operations:
            if audited.decision is not None and audited.decision.state in states:
                yield audited


def probe_document(
    document: Document,
    generator: Any,
    probe: Probe = AS_DEEP_AS_IS_SAFE,
    memory: Memory | None = None,
    live: Document | None = None,
) -> AuditedSchema:
    """Decide every operation of *document* by its view. Raises ``UnsafeProbe``.

    A document from a file comes with the *live* one, which *generator* made. With a *memory* no
    view is probed twice.
    """
    mapped = map_operations(generator, document if live is None else live)
    describer = Describer()
    with access_prober(probe, documented_patterns(generator), memory) as prober:
        found = tuple(
            audit_operation(
                AuditedOperation(document, path, method, operation, mapped.get((path, method))),
                prober,
                describer,
            )
            for path, method, operation in operations(document)
        )
    return AuditedSchema(document, found, live, generator)


def audit_operation(
    audited: AuditedOperation, prober: AccessProber, describer: Describer
) -> AuditedOperation:
    """Decide about one operation. An operation without a view has no decision."""
    source = audited.source
    if source is None:
        return audited
    decision = prober.decide(source)
    offered = decision.offered
    if decision.is_open:
        decision = without_guess(decision, source, audited.document, audited.declared)
    return replace(
        audited,
        decision=decision,
        descriptions=described(offered, source, describer),
        throttled=is_throttled(source.view),
    )


def described(
    offered: Offer, source: Operation, describer: Describer
) -> dict[Any, Description | None]:
    """Return the descriptions of what a view looks at, None if nothing describes one."""
    descriptions: dict[Any, Description | None] = {}
    for one in offered.credentials:
        try:
            descriptions[one] = describer.describe(one, source.inspector)
        except host_errors():  # an extension of the project may fail in any way
            continue
    return descriptions
