"""Finds the view behind every operation of a drf-spectacular document.

A postprocessing hook receives the generator, not the views. The steps by which
``SchemaGenerator.parse`` turns endpoints into document paths are taken again here, so that each
operation leads back to the view that serves it.
"""

from __future__ import annotations

import copy
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from django.utils.functional import SimpleLazyObject
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.plumbing import (
    camelize_operation,
    is_versioning_supported,
    modify_for_versioning,
    operation_matches_version,
)
from drf_spectacular.settings import spectacular_settings
from rest_framework.schemas.generators import BaseSchemaGenerator
from rest_framework.views import APIView

from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.sandbox.answers import host_errors

Key = tuple[str, str]


@dataclass(frozen=True)
class Operation:
    """One operation of the document, and what stands behind it.

    ``view`` is the view that serves the operation, ``inspector`` the AutoSchema that wrote it, and
    ``mock`` gives the request that drf-spectacular makes for it.
    ``callback`` is what the URLconf holds, ``route`` its path there with placeholders as they are
    named there, ``pattern`` the expressions and converters of that path. The three are empty if a
    generator of the project leaves endpoints out. ``version`` is the documented one, if any.
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


def map_operations(generator: Any) -> dict[Key, Operation]:
    """Return the operations of *generator* by path and lower-case method.

    An endpoint that cannot be rebuilt is left out; the caller sees it as an operation without
    a view.
    """
    with GENERATOR_STATS.silence():
        return {(found.path, found.method): found for found in _rebuild(generator)}


def _rebuild(generator: Any) -> Iterator[Operation]:
    generator._initialise_endpoints()
    documented = generator._get_paths_and_endpoints()
    replay = EndpointReplay(generator, path_prefix(documented))
    for (path, path_regex, method, view), endpoint in zip(
        documented, _endpoints(generator, len(documented)), strict=True
    ):
        try:
            found = replay.operation(path, path_regex, method, view, *endpoint)
        except host_errors():  # a view of the project may fail; it stays unmapped
            continue
        if found is not None:
            yield found


def mock_request(method: str, path: str, view: APIView) -> Any:
    """Return the request that drf-spectacular makes for *view*, which has none until then."""
    without: Any = copy.copy(view)
    without.request = None
    return spectacular_settings.GET_MOCK_REQUEST(method, path, without, None)


def _endpoints(generator: Any, expected: int) -> list[tuple[str, Any]]:
    """Return path and callback of each endpoint, as they are in the URLconf."""
    found = [(path, callback) for path, _, _, callback in generator.endpoints]
    # A generator of the project may leave endpoints out; then the pairs cannot be known.
    return found if len(found) == expected else [("", None)] * expected


def path_prefix(documented: list[Any]) -> str:
    """Return the regular expression of the prefix that the paths have in common."""
    prefix = spectacular_settings.SCHEMA_PATH_PREFIX
    if prefix is None:
        prefix = "/"
        if len({type(view) for _, _, _, view in documented}) > 1:
            prefix = re.escape(posixpath.commonpath([path for path, _, _, _ in documented]))
    return prefix if prefix.startswith("^") else f"^{prefix}"


@dataclass(frozen=True)
class EndpointReplay:
    """The way of one endpoint through the generator, once more."""

    generator: Any
    prefix: str

    def operation(
        self, path: str, path_regex: str, method: str, view: APIView, route: str, callback: Any
    ) -> Operation | None:
        """Return the operation, or None if the generator leaves it out of the document."""
        # Most views are decided without one, and it costs as much as all the rest.
        mock = cache(partial(mock_request, method, path, view))
        request: Any = SimpleLazyObject(mock)
        view.request = request
        versioned = self.versioned(path, method, view)
        if versioned is None:
            return None
        inspector = self.inspector(versioned, path_regex, method, view)
        if inspector.is_excluded():
            return None
        served = self.served(view, method, callback)
        return Operation(
            path=self.document_path(versioned),
            method=method.lower(),
            view=served,
            inspector=inspector,
            mock=mock,
            callback=callback,
            route=route,
            pattern=path_regex,
            version=self.version(view),
        )

    def versioned(self, path: str, method: str, view: APIView) -> str | None:
        """Return the path in the version that is documented, None if it is not in that version."""
        versioning = view.versioning_class
        if not versioning or not is_versioning_supported(versioning):
            return path
        version = self.version(view)
        if not version:
            return None
        patterns = self.generator.inspector.patterns
        path = modify_for_versioning(  # type: ignore[no-untyped-call]
            patterns, method, path, view, version
        )
        return path if operation_matches_version(view, version) else None

    def version(self, view: APIView) -> str:
        default: Any = getattr(view.versioning_class, "default_version", None)
        return self.generator.api_version or default or ""

    def inspector(self, path: str, path_regex: str, method: str, view: APIView) -> Any:
        # Held in a variable: the attribute may give a new inspector at every access.
        inspector: Any = view.schema
        inspector.registry = self.generator.registry
        inspector.path = path
        inspector.path_regex = path_regex
        inspector.path_prefix = self.prefix
        inspector.method = method.upper()
        return inspector

    def served(self, view: APIView, method: str, callback: Any) -> APIView:
        """Return the view that answers requests, without the mark of a schema run.

        An ``OpenApiViewExtension`` may document another class than the one that answers, and views
        that know of ``swagger_fake_view`` behave differently under it.
        """
        served = view
        if callback is not None and type(view) is not callback.cls:
            served = BaseSchemaGenerator.create_view(self.generator, callback, method)
            served.request, served.kwargs = view.request, view.kwargs
        vars(served).pop("swagger_fake_view", None)
        return served

    def document_path(self, path: str) -> str:
        if spectacular_settings.SCHEMA_PATH_PREFIX_TRIM:
            path = re.sub(self.prefix, "", path, flags=re.IGNORECASE)
        path = (spectacular_settings.SCHEMA_PATH_PREFIX_INSERT or "") + path
        path = path if path.startswith("/") else f"/{path}"
        if spectacular_settings.CAMELIZE_NAMES:
            camelized = camelize_operation(path, {"operationId": "any"})  # type: ignore[no-untyped-call]
            path = camelized[0]
        return path
