"""The views of a project, as its routes use them."""

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

    def said(self, name: str) -> Any:
        """Return an attribute, as ``as_view()`` or ``@action`` may have changed it.

        None where there is none, and where it is a property, which needs a request.
        """
        given = getattr(self.callback, "initkwargs", {})
        value = given.get(name, getattr(self.cls, name, None))
        return None if hasattr(value, "__get__") else value


def routed_views() -> Iterator[RoutedView]:
    """Yield every view of ROOT_URLCONF; none where a project has no urls."""
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
