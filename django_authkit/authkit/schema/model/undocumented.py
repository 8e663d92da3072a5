"""Finds the views of the URLconf, also those that the document leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from drf_spectacular.generators import EndpointEnumerator
from rest_framework.schemas.generators import BaseSchemaGenerator, is_api_view

from authkit.schema.model.audited_schema import AuditedSchema
from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.sandbox.answers import host_errors
from authkit.schema.views.mapping import Operation, documented_patterns, mock_request

#: Views that show what is there, and belong into no document.
SHOWING = ("drf_spectacular.views.", "rest_framework.routers.", "rest_framework.schemas.")

PLACEHOLDER = re.compile(r"\{[^{}]*\}")
#: As the routers of REST framework append it, with the dot or a converter that takes it along.
FORMAT_SUFFIX = re.compile(r"\.?\{format\}/?$")

#: Several rules look through them, and a project may have thousands of routes that are no API.
ENDPOINTS: WeakKeyDictionary[Any, list[Endpoint]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Endpoint:
    """A method of a view in the URLconf."""

    path: str
    pattern: str
    method: str
    callback: Any

    @property
    def view(self) -> type:
        view: type = self.callback.cls
        return view


@dataclass(frozen=True)
class Documented:
    """What the document has, each with its method: callbacks, their paths, and other paths.

    Of an operation without a callback only the path is known. The project's generator may have
    named its placeholders otherwise and cut off a prefix.
    """

    callbacks: frozenset[tuple[Any, str]]
    routes: frozenset[tuple[str, str]]
    others: tuple[tuple[str, str], ...]

    @classmethod
    def by(cls, schema: AuditedSchema) -> Documented:
        sources = [one.source for one in schema.operations if one.source and one.source.callback]
        others = [one for one in schema.operations if not (one.source and one.source.callback)]
        return cls(
            frozenset((source.callback, source.method) for source in sources),
            frozenset((_shape(source.route), source.method) for source in sources),
            tuple((_shape(one.path), one.method) for one in others),
        )

    def has(self, endpoint: Endpoint) -> bool:
        shape, method = _shape(endpoint.path), endpoint.method
        return (
            (endpoint.callback, method) in self.callbacks
            or (shape, method) in self.routes
            or any(method == other and shape.endswith(end) for end, other in self.others)
        )


def _shape(path: str) -> str:
    """Return *path* without the names of its placeholders and without a format suffix."""
    return PLACEHOLDER.sub("{}", FORMAT_SUFFIX.sub("", path)).rstrip("/") or "/"


def undocumented_operations(schema: AuditedSchema) -> Iterator[Operation]:
    """Yield the operations of REST framework's views that are not in the document."""
    documented = Documented.by(schema)
    for endpoint in all_endpoints(schema):
        shows = any(dotted(base).startswith(SHOWING) for base in endpoint.view.__mro__)
        if shows or documented.has(endpoint):
            continue
        try:
            operation = _operation(schema.generator, endpoint)
        except host_errors():  # a view of the project may fail in any way
            continue
        yield operation


def all_endpoints(schema: AuditedSchema) -> Sequence[Endpoint]:
    """Return the methods of all views of REST framework in the URLconf."""
    generator = schema.generator
    if generator is None:
        return ()
    if generator not in ENDPOINTS:
        found: Any = Everything(documented_patterns(generator))
        ENDPOINTS[generator] = [
            Endpoint(path, pattern, method.lower(), callback)
            for path, pattern, method, callback in found.get_api_endpoints()
        ]
    return ENDPOINTS[generator]


class Everything(EndpointEnumerator):
    """The views of REST framework, also those that say that they have no schema."""

    def should_include_endpoint(self, path: str, callback: Any) -> bool:
        return bool(is_api_view(callback))

    def get_allowed_methods(self, callback: Any) -> list[str]:
        inherited: Any = super()
        try:
            return list(inherited.get_allowed_methods(callback))
        except host_errors():  # a view of the project may fail in any way
            return []


def _operation(generator: Any, found: Endpoint) -> Operation:
    method = found.method.upper()
    view: Any = BaseSchemaGenerator.create_view(generator, found.callback, method)
    mock = partial(mock_request, method, found.path, view)
    view.request = mock()
    return Operation(
        path=found.path,
        method=found.method,
        view=view,
        inspector=None,
        mock=mock,
        callback=found.callback,
        route=found.path,
        pattern=found.pattern,
    )
