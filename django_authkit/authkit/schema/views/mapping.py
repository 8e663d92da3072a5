"""Finds the view behind every operation of a drf-spectacular document."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from drf_spectacular.settings import spectacular_settings
from rest_framework.schemas.generators import BaseSchemaGenerator
from rest_framework.views import APIView

from authkit.schema.openapi.document import Document, operations
from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.sandbox.answers import host_errors
from authkit.schema.views.generation import Key, Returned, generation_of

#: What the generator sets on the request of a versioned view.
VERSIONING = ("version", "versioning_scheme")


@dataclass(frozen=True)
class Operation:
    """One operation of the document, and what stands behind it.

    ``view`` is the view that serves the operation, ``inspector`` the AutoSchema that wrote it, and
    ``mock`` gives the request that drf-spectacular makes for it.
    ``callback`` is what the URLconf holds, ``route`` its path there with placeholders as they are
    named there, ``pattern`` the expressions and converters of that path. The three are empty if the
    URLconf does not have the view. ``version`` is the documented one, if any.
    """

    path: str
    method: str
    view: APIView
    inspector: Any
    mock: Callable[[], Any]
    callback: Any = None
    route: str = ""
    pattern: str = ""
    version: str = ""

    @property
    def view_name(self) -> str:
        return dotted(type(self.view))


def map_operations(generator: Any, document: Document) -> dict[Key, Operation]:
    """Return the operations of *document*, which *generator* made, by path and lower-case method.

    An operation that leads back to no view is left out.
    """
    generation, endpoints = generation_of(generator), Endpoints.of(generator)
    found: dict[Key, Operation] = {}
    for path, method, operation in operations(document):
        returned = generation.behind(path, method, operation)
        if returned is None:
            continue
        try:
            found[path, method] = _operation(path, method, returned, generator, endpoints)
        except host_errors():  # a view of the project may fail; it stays unmapped
            continue
    return found


def documented_patterns(generator: Any) -> Any:
    """Return the patterns of the URLconf that is documented."""
    # A generator of the project may fill its endpoints without an inspector.
    inspector = generator.inspector or generator.endpoint_inspector_cls(
        generator.patterns, generator.urlconf
    )
    return inspector.patterns


def mock_request(method: str, path: str, view: APIView) -> Any:
    """Return the request that drf-spectacular makes for *view*, which has none until then."""
    without: Any = copy.copy(view)
    without.request = None
    return spectacular_settings.GET_MOCK_REQUEST(method, path, without, None)


@dataclass(frozen=True)
class Endpoints:
    """The routes of the URLconf: path and pattern by callback and method."""

    routes: Mapping[tuple[Any, str], Mapping[str, str]]

    @classmethod
    def of(cls, generator: Any) -> Endpoints:
        generator._initialise_endpoints()
        routes: dict[tuple[Any, str], dict[str, str]] = {}
        for path, pattern, method, callback in generator.endpoints:
            routes.setdefault((callback, method.lower()), {}).setdefault(pattern, path)
        return cls(routes)

    def serving(self, returned: Returned) -> tuple[Any, str, str]:
        """Return callback, path and pattern, or the three empty."""
        callback = returned.callback or self._only_one_for(returned)
        routes = self.routes.get((callback, returned.method), {})
        pattern = returned.pattern if returned.pattern in routes else next(iter(routes), "")
        if not pattern or (pattern != returned.pattern and len(routes) > 1):
            return None, "", ""
        return callback, routes[pattern], pattern

    def _only_one_for(self, returned: Returned) -> Any:
        """Return the callback of a view that the project's generator created by itself."""
        found = {
            callback: returned.pattern in routes
            for (callback, method), routes in self.routes.items()
            if method == returned.method and callback.cls is type(returned.view)
        }
        exact = [callback for callback, has_pattern in found.items() if has_pattern]
        return next((one[0] for one in (exact, [*found]) if len(one) == 1), None)


def _operation(
    path: str, method: str, returned: Returned, generator: Any, endpoints: Endpoints
) -> Operation:
    view = returned.view
    callback, route, pattern = endpoints.serving(returned)
    return Operation(
        path=path,
        method=method,
        view=_served(view, returned.method, callback, generator),
        inspector=returned.inspector,
        mock=partial(_mock, returned),
        callback=callback,
        route=route,
        pattern=pattern,
        version=_version(view, generator),
    )


def _mock(returned: Returned) -> Any:
    if returned.mock is not None:
        return returned.mock()
    # Made anew: the one from the schema run may have been made for a view that knew of the run.
    request = mock_request(returned.method.upper(), returned.path, returned.view)
    documented = vars(returned.view.request or request)
    vars(request).update({name: documented[name] for name in VERSIONING if name in documented})
    return request


def _version(view: APIView, generator: Any) -> str:
    default: Any = getattr(view.versioning_class, "default_version", None)
    return generator.api_version or default or ""


def _served(view: APIView, method: str, callback: Any, generator: Any) -> APIView:
    """Return the view that answers requests, without the mark of a schema run.

    An ``OpenApiViewExtension`` may document another class than the one that answers, and views
    that know of ``swagger_fake_view`` behave differently under it.
    """
    served = view
    if callback is not None and type(view) is not callback.cls:
        served = BaseSchemaGenerator.create_view(generator, callback, method)
        served.request, served.kwargs = view.request, view.kwargs
    vars(served).pop("swagger_fake_view", None)
    return served
