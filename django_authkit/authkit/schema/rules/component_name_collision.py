"""Two components of different shape share a name, so the document shows one for both.

## What it does

Looks for two serializers that the document would describe under one name, and compares what each
would look like.

## Why is this bad?

drf-spectacular names a component after the class of its serializer, writes the first one that it
meets, and refers to it wherever the second is meant. Every operation that uses the second shows
fields that it does not have. Which of the two comes first depends on the paths, so another route
can change the contract of an old one.

## Example

    # shop/serializers.py
    class SessionSerializer(serializers.Serializer):
        basket = serializers.IntegerField()


    # events/serializers.py
    class SessionSerializer(serializers.Serializer):
        title = serializers.CharField()

## Use instead

    @extend_schema_serializer(component_name="EventSession")
    class SessionSerializer(serializers.Serializer):
        title = serializers.CharField()

## References

- drf-spectacular, FAQ and `extend_schema_serializer`
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.plumbing import ComponentRegistry, force_instance, is_serializer

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.openapi.components import SharedName, shared_names
from authkit.schema.results.findings import Offence, Rule, Severity, exemption
from authkit.schema.sandbox.answers import host_errors


def look(schema: AuditedSchema) -> Iterator[Offence]:
    inspector = next((one.source.inspector for one in schema.operations if one.source), None)
    for shared in shared_names(schema.generator):
        if inspector is None or _differ(shared, inspector):
            first, second = map(_named, shared.classes)
            message = f'"{shared.name}" is written as {first}, and {second} is meant as well.'
            yield Offence(Place(), message, subject=shared.name)


def _differ(shared: SharedName, inspector: Any) -> bool:
    try:
        return bool(_shapes(shared.first, inspector) != _shapes(shared.second, inspector))
    except host_errors():  # a serializer of the project may fail in any way
        return True


def _shapes(owner: Any, inspector: Any) -> Any:
    """Return the component as an answer and as a request, or what is compared instead."""
    if not is_serializer(owner):
        return owner
    serializer = force_instance(owner)  # type: ignore[no-untyped-call]
    inspector = copy.copy(inspector)
    with GENERATOR_STATS.silence():
        return [_described(serializer, inspector, way) for way in ("response", "request")]


def _described(serializer: Any, inspector: Any, direction: str) -> Any:
    inspector.registry = ComponentRegistry()
    return inspector.resolve_serializer(serializer, direction).schema


def _named(owner: Any) -> str:
    return f"{owner.__module__}.{owner.__qualname__}" if isinstance(owner, type) else str(owner)


RULE = Rule(
    "AK111",
    "component-name-collision",
    Severity.ERROR,
    __doc__,
    look,
    silence=exemption("the component as `subject`"),
)
