"""Finds the view behind every operation of a drf-spectacular document.

A postprocessing hook receives the generator, not the views. The steps by which
``SchemaGenerator.parse`` turns endpoints into document paths are taken again here, so that each
operation leads back to the view that serves it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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

from authkit.schema.names import dotted

Key = tuple[str, str]


@dataclass(frozen=True)
class Operation:
    """One operation of the document, and what stands behind it.

    ``view`` is the view that serves the operation, ``inspector`` the AutoSchema that wrote it.
    """

    path: str
    method: str
    view: APIView
    inspector: Any

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
    replay = Replay(generator, path_prefix(documented))
    for (path, path_regex, method, view), callback in zip(
        documented, _callbacks(generator, len(documented)), strict=True
    ):
        try:
            found = replay.operation(path, path_regex, method, view, callback)
        except Exception:  # noqa: S112 (a view of the host may fail in any way; it stays unmapped)
            continue
        if found is not None:
            yield found


def _callbacks(generator: Any, expected: int) -> list[Any]:
    callbacks = [endpoint[3] for endpoint in generator.endpoints]
    # A generator of the host's own may leave endpoints out; then the pairs cannot be known.
    return callbacks if len(callbacks) == expected else [None] * expected


def path_prefix(documented: list[Any]) -> str:
    """Return the regular expression of the prefix that the paths have in common."""
    prefix = spectacular_settings.SCHEMA_PATH_PREFIX
    if prefix is None:
        prefix = "/"
        if len({type(view) for _, _, _, view in documented}) > 1:
            prefix = re.escape(posixpath.commonpath([path for path, _, _, _ in documented]))
    return prefix if prefix.startswith("^") else f"^{prefix}"


@dataclass(frozen=True)
class Replay:
    """The way of one endpoint through the generator, once more."""

    generator: Any
    prefix: str

    def operation(
        self, path: str, path_regex: str, method: str, view: APIView, callback: Any
    ) -> Operation | None:
        """Return the operation, or None if the generator leaves it out of the document."""
        view.request = spectacular_settings.GET_MOCK_REQUEST(method, path, view, None)
        versioned = self.versioned(path, method, view)
        if versioned is None:
            return None
        inspector = self.inspector(versioned, path_regex, method, view)
        if inspector.is_excluded():
            return None
        served = self.served(view, method, callback)
        return Operation(self.document_path(versioned), method.lower(), served, inspector)

    def versioned(self, path: str, method: str, view: APIView) -> str | None:
        """Return the path in the version that is documented, None if it is not in that version."""
        versioning = view.versioning_class
        if not versioning or not is_versioning_supported(versioning):
            return path
        version = self.generator.api_version or versioning.default_version
        if not version:
            return None
        patterns = self.generator.inspector.patterns
        path = modify_for_versioning(  # type: ignore[no-untyped-call]
            patterns, method, path, view, version
        )
        return path if operation_matches_version(view, version) else None

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
