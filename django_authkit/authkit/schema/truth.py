"""The whole truth about one document: every operation, its view and what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from authkit.schema.credentials import (
    Catalogue,
    Description,
    combined,
    describe_credential,
    shown,
)
from authkit.schema.decide import Alternative, Decision, decide
from authkit.schema.document import Document, Requirement, operations, security_schemes
from authkit.schema.introspect import Operation, map_operations


@dataclass(frozen=True)
class Judged:
    """An operation of the document, its view if it has one, and the decision about it."""

    path: str
    method: str
    document: dict[str, Any]
    source: Operation | None = None
    decision: Decision | None = None
    descriptions: Mapping[Any, Description | None] = field(default_factory=dict)

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

    def _written(self, accepted: Any, catalogue: Catalogue) -> list[Requirement]:
        return [
            requirement
            for alternative in accepted
            if self.describes(alternative)
            for requirement in self.requirements(alternative, catalogue)
        ]


@dataclass(frozen=True)
class Truth:
    """A document and everything that was found out about it."""

    document: Document
    judged: tuple[Judged, ...]

    @property
    def descriptions(self) -> Iterator[Description]:
        """Yield the descriptions of all credentials on all views."""
        for judged in self.judged:
            yield from (found for found in judged.descriptions.values() if found is not None)

    def catalogue(self) -> Catalogue:
        return Catalogue.of(self.descriptions, security_schemes(self.document))


def find_truth(document: Document, generator: Any) -> Truth:
    """Judge every operation of *document* by its view."""
    mapped = map_operations(generator)
    return Truth(
        document,
        tuple(
            judge(path, method, operation, mapped.get((path, method)))
            for path, method, operation in operations(document)
        ),
    )


def judge(path: str, method: str, document: dict[str, Any], source: Operation | None) -> Judged:
    """Decide about one operation. An operation without a view has no decision."""
    if source is None:
        return Judged(path, method, document)
    decision = decide(source)
    try:
        descriptions = _described(decision, source)
    except Exception:  # an extension of the host may fail in any way; then nothing is described
        descriptions = {}
    return Judged(path, method, document, source, decision, descriptions)


def _described(decision: Decision, source: Operation) -> dict[Any, Description | None]:
    credentials = (*decision.offered.authenticators, *decision.offered.keys)
    return {one: describe_credential(one, source.inspector) for one in credentials}
