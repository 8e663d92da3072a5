"""Notes which components of a document share a name, while the document is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drf_spectacular.drainage import get_override
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent


@dataclass(frozen=True)
class SharedName:
    """A name of two components. drf-spectacular writes ``first`` wherever either is meant."""

    name: str
    first: Any
    second: Any

    @property
    def classes(self) -> tuple[Any, Any]:
        return _class_of(self.first), _class_of(self.second)


class RecordingRegistry(ComponentRegistry):
    """Remembers what drf-spectacular only warns of."""

    def __init__(self) -> None:
        super().__init__()
        self.shared: dict[tuple[Any, ...], SharedName] = {}

    def __contains__(self, component: ResolvedComponent) -> bool:
        known: bool = super().__contains__(component)  # type: ignore[no-untyped-call]
        if known:
            self._compare(component)
        return known

    def _compare(self, component: ResolvedComponent) -> None:
        pair = SharedName(component.name, self[component].object, component.object)
        first, second = pair.classes
        if first == second or any(map(_is_deliberate, pair.classes)):
            return
        self.shared.setdefault((component.type, component.name, id(second)), pair)


def record_shared_names(generator: Any) -> None:
    """Have *generator* remember them. One with a registry of its own is left alone."""
    if type(getattr(generator, "registry", None)) is ComponentRegistry:
        generator.registry = RecordingRegistry()


def shared_names(generator: Any) -> list[SharedName]:
    """Return what was remembered, in the order of the document."""
    return list(getattr(getattr(generator, "registry", None), "shared", {}).values())


def _class_of(owner: Any) -> Any:
    """Return what drf-spectacular compares: a class, or an identity that equals its object."""
    if isinstance(owner, type) or hasattr(owner, "obj"):
        return getattr(owner, "obj", owner)
    return type(owner)


def _is_deliberate(owner: Any) -> bool:
    return bool(get_override(owner, "suppress_collision_warning", False))
