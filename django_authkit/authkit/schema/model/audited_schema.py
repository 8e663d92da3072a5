"""The whole truth about one document: every operation, its view and what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from authkit.conf import conf
from authkit.schema.openapi.document import (
    Document,
    Requirement,
    effective_security,
    operations,
    said_once,
    security_schemes,
    true_requirements,
    well_formed,
)
from authkit.schema.probe.decide import Alternative, Decision, State
from authkit.schema.probe.prober import Inquiry, Memory, inquiry
from authkit.schema.probe.throttles import is_throttled
from authkit.schema.probe.tiers import Probe
from authkit.schema.sandbox.answers import host_errors
from authkit.schema.schemes.catalogue import Catalogue, combined
from authkit.schema.schemes.describer import Describer, Description, shown
from authkit.schema.views.mapping import Operation, map_operations

AS_DEEP_AS_IS_SAFE = Probe()


@dataclass(frozen=True)
class Judged:
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

    def wanted(self, catalogue: Catalogue) -> list[Requirement]:
        """Return the requirements that are true."""
        accepted = self.decision.alternatives if self.decision else ()
        return self._written(accepted, catalogue)

    def added(self, catalogue: Catalogue) -> list[Requirement]:
        """Return the true requirements that are written where they are missing.

        A hidden authenticator stays hidden, unless the operation would then read as public.
        """
        accepted = self.decision.alternatives if self.decision else ()
        visible = self._written([one for one in accepted if shown(one)], catalogue)
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
        wanted = self.wanted(catalogue)
        optional = self.decision.state is State.OPTIONAL
        if not wanted and not optional:
            # No extension describes these authenticators. All that is known is that {} is not true.
            once: list[Requirement] = said_once([item for item in own if item], catalogue.shared)
            return once
        # A requirement inherited from the root was written for everybody, not for this operation.
        inherited = "security" not in self.document
        known = {name for item in own for name in item} if inherited else set[str]()
        return true_requirements(
            own,
            wanted,
            optional=optional,
            known=known | catalogue.known,
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
class Truth:
    """A document and everything that was found out about it.

    ``live`` is what the project generates today, if the document comes from a file.
    """

    document: Document
    judged: tuple[Judged, ...]
    live: Document | None = None
    generator: Any = None

    @property
    def descriptions(self) -> Iterator[Description]:
        """Yield the descriptions of all credentials on all views."""
        for judged in self.judged:
            yield from (found for found in judged.descriptions.values() if found is not None)

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue.of(
            self.descriptions, security_schemes(self.document), conf.SCHEMA_SCHEME_ALIASES
        )


def find_truth(
    document: Document,
    generator: Any,
    probe: Probe = AS_DEEP_AS_IS_SAFE,
    memory: Memory | None = None,
) -> Truth:
    """Judge every operation of *document* by its view. Raises ``UnsafeProbe``.

    With a *memory* no view is asked twice.
    """
    mapped = map_operations(generator)
    describer = Describer()
    with inquiry(probe, generator.inspector.patterns, memory) as asked:
        return Truth(
            document,
            tuple(
                judge(asked, describer, path, method, operation, mapped.get((path, method)))
                for path, method, operation in operations(document)
            ),
            generator=generator,
        )


def judge(
    asked: Inquiry,
    describer: Describer,
    path: str,
    method: str,
    document: dict[str, Any],
    source: Operation | None,
) -> Judged:
    """Decide about one operation. An operation without a view has no decision."""
    if source is None:
        return Judged(path, method, document)
    decision = asked.decide(source)
    try:
        descriptions = _described(decision, source, describer)
    except host_errors():  # an extension of the host may fail; nothing is described then
        descriptions = {}
    throttled = is_throttled(source.view)
    return Judged(path, method, document, source, decision, descriptions, throttled)


def _described(
    decision: Decision, source: Operation, describer: Describer
) -> dict[Any, Description | None]:
    credentials = (*decision.offered.authenticators, *decision.offered.keys)
    return {one: describer.describe(one, source.inspector) for one in credentials}
