"""What the audit knows about one document: every operation, its view and what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from authkit.conf import conf
from authkit.schema.openapi.document import (
    Document,
    Requirement,
    deduplicated,
    effective_security,
    operations,
    security_schemes,
    true_requirements,
    well_formed,
)
from authkit.schema.probe.decision import Decision, State
from authkit.schema.probe.prober import AccessProber, Memory, access_prober
from authkit.schema.probe.tiers import Probe
from authkit.schema.sandbox.answers import host_errors
from authkit.schema.schemes.catalogue import Catalogue, combined
from authkit.schema.schemes.describer import Alternative, Describer, Description, is_whitelisted
from authkit.schema.views.mapping import Operation, map_operations
from authkit.schema.views.throttled import is_throttled

AS_DEEP_AS_IS_SAFE = Probe()


@dataclass(frozen=True)
class AuditedOperation:
    """An operation of the document, its view if it has one, and the decision about it.

    ``throttled`` tells that the view may answer 429.
    """

    path: str
    method: str
    document: dict[str, Any]
    source: Operation | None = None
    decision: Decision | None = None
    descriptions: Mapping[Any, Description | None] = field(default_factory=dict)
    throttled: bool = False

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

    def true_security(self, document: Document, catalogue: Catalogue) -> list[Requirement] | None:
        """Return what *document* should say of the operation, None if that is not known.

        What it says rightly stays where it is.
        """
        if self.decision is None or not self.decision.is_decided:
            return None
        if self.decision.state in (State.PUBLIC, State.CLOSED):
            return []
        own = well_formed(effective_security(document, self.document))
        enforced = self.enforced(catalogue)
        optional = self.decision.state is State.OPTIONAL
        if not enforced and not optional:
            # No extension describes these authenticators. All that is known is that {} is not true.
            once: list[Requirement] = deduplicated([item for item in own if item], catalogue.shared)
            return once
        # A requirement inherited from the root was written for everybody, not for this operation.
        inherited = "security" not in self.document
        inherited_names = {name for item in own for name in item} if inherited else set[str]()
        return true_requirements(
            own,
            enforced,
            optional=optional,
            ours=inherited_names | catalogue.credential_names,
            added=self.added(catalogue),
        )

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


def probe_document(
    document: Document,
    generator: Any,
    probe: Probe = AS_DEEP_AS_IS_SAFE,
    memory: Memory | None = None,
) -> AuditedSchema:
    """Decide every operation of *document* by its view. Raises ``UnsafeProbe``.

    With a *memory* no view is asked twice.
    """
    mapped = map_operations(generator)
    describer = Describer()
    with access_prober(probe, generator.inspector.patterns, memory) as prober:
        return AuditedSchema(
            document,
            tuple(
                audit_operation(
                    prober, describer, path, method, operation, mapped.get((path, method))
                )
                for path, method, operation in operations(document)
            ),
            generator=generator,
        )


def audit_operation(
    prober: AccessProber,
    describer: Describer,
    path: str,
    method: str,
    document: dict[str, Any],
    source: Operation | None,
) -> AuditedOperation:
    """Decide about one operation. An operation without a view has no decision."""
    if source is None:
        return AuditedOperation(path, method, document)
    decision = prober.decide(source)
    try:
        descriptions = _described(decision, source, describer)
    except host_errors():  # an extension of the host may fail; nothing is described then
        descriptions = {}
    throttled = is_throttled(source.view)
    return AuditedOperation(path, method, document, source, decision, descriptions, throttled)


def _described(
    decision: Decision, source: Operation, describer: Describer
) -> dict[Any, Description | None]:
    credentials = (*decision.offered.authenticators, *decision.offered.keys)
    return {one: describer.describe(one, source.inspector) for one in credentials}
