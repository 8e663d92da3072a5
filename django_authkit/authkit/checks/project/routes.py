"""The views of a project, as its URLconf uses them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True, slots=True)
class RoutedView:
    route: str
    callback: Any

    @property
    def cls(self) -> Any:
        """The class of the view; ``object`` for a function."""
        found = getattr(self.callback, "cls", None) or getattr(self.callback, "view_class", None)
        return found if isinstance(found, type) else object

    @property
    def path(self) -> str:
        return path_of(self.cls)

    def attribute(self, name: str) -> Any:
        """Return an attribute of the view, as ``as_view()`` or ``@action`` may override it.

        None if it is missing, or a property, which needs a request.
        """
        overrides = getattr(self.callback, "initkwargs", {})
        value = overrides.get(name, getattr(self.cls, name, None))
        return None if hasattr(value, "__get__") else value


def routed_views() -> Iterator[RoutedView]:
    """Yield every view of ROOT_URLCONF; none if the project has no URLconf."""
    if getattr(settings, "ROOT_URLCONF", None):
        yield from _within(get_resolver().url_patterns)


def path_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _within(patterns: Any, prefix: str = "") -> Iterator[RoutedView]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _within(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield RoutedView(route, pattern.callback)
