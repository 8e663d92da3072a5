"""Finds operations that ask for one and the same ``operationId``."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.plumbing import camelize_operation
from drf_spectacular.settings import spectacular_settings

from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema, Place
from authkit.schema.openapi.elsewhere import holders_elsewhere
from authkit.schema.sandbox.answers import host_errors

#: drf-spectacular appends a number to all but the first; CAMELIZE_NAMES takes the line away.
NUMBERED = re.compile(r"(.+?)_?\d+")
#: What is read as a number where no view says which id it asked for.
CERTAINLY_NUMBERED = re.compile(r"(.+)_\d+")


@dataclass(frozen=True)
class Named:
    """An operation, of a path or elsewhere, and its id."""

    place: Place
    operation_id: str
    audited: AuditedOperation | None = None

    @property
    def view(self) -> type | None:
        source = self.audited and self.audited.source
        return type(source.view) if source else None


@dataclass(frozen=True)
class Collision:
    """Two operations that ask for the id ``wanted``; the second may have a number after it."""

    first: Named
    second: Named
    wanted: str

    @property
    def inclusions(self) -> tuple[str, str] | None:
        """The paths below which the route of both is included, None if they are two routes."""
        if self.first.view is None or self.first.view is not self.second.view:
            return None
        first, second = (one.place.path.split("/") for one in (self.first, self.second))
        pairs = zip(reversed(first), reversed(second), strict=False)
        shared = list(takewhile(lambda pair: pair[0] == pair[1], pairs))
        if not any(segment for segment, _ in shared):
            return None  # one view at two paths, and no routes below them
        return _above(first, len(shared)), _above(second, len(shared))


def collisions(schema: AuditedSchema) -> Iterator[Collision]:
    """Yield every operation that has the id of another one, or a number because of it."""
    by_id: dict[str, list[Named]] = {}
    for named in _named(schema):
        by_id.setdefault(named.operation_id, []).append(named)
    for operation_id, found in by_id.items():
        for second in found[1:]:
            yield Collision(found[0], second, operation_id)
        wanted = _wanted(found[0], by_id)
        if wanted:
            yield Collision(by_id[wanted][0], found[0], wanted)


def _named(schema: AuditedSchema) -> Iterator[Named]:
    for audited in schema.operations:
        operation_id = audited.document.get("operationId")
        if operation_id:
            yield Named(audited.place, str(operation_id), audited)
    for path, method, operation in holders_elsewhere(schema.document):
        if method and operation.get("operationId"):
            yield Named(Place(path, method), str(operation["operationId"]))


def _wanted(named: Named, by_id: dict[str, list[Named]]) -> str:
    """Return the id without the number that drf-spectacular gave it; "" if it gave it none."""
    numbered = NUMBERED.fullmatch(named.operation_id)
    if numbered is None:
        return ""
    asked = _asked_for(named.audited)
    if asked == named.operation_id:
        return ""  # the number is a part of the name
    if asked in by_id and re.fullmatch(rf"{re.escape(asked)}_?\d+", named.operation_id):
        return asked
    certain = CERTAINLY_NUMBERED.fullmatch(named.operation_id)
    return certain[1] if certain and certain[1] in by_id else ""


def _asked_for(audited: AuditedOperation | None) -> str:
    """Return the id that the view asks for, "" if it is not known."""
    if audited is None or audited.source is None or audited.source.inspector is None:
        return ""
    inspector: Any = copy.copy(audited.source.inspector)
    inspector.view = copy.copy(inspector.view)
    inspector.view.swagger_fake_view = True  # as drf-spectacular marks what it documents
    try:
        with GENERATOR_STATS.silence():
            asked = str(inspector.get_operation_id())
            if spectacular_settings.CAMELIZE_NAMES:
                named = {"operationId": asked}
                asked = camelize_operation("", named)[1]["operationId"]  # type: ignore[no-untyped-call]
    except host_errors():  # the project's inspector may fail in any way
        return ""
    return asked


def _above(segments: list[str], shared: int) -> str:
    return "/".join(segments[: len(segments) - shared]) or "/"
