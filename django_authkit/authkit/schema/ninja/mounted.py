"""Finds the APIs of Django Ninja in a URLconf, and the operation behind each documented one."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver

from authkit.schema.openapi.document import Document, operations
from authkit.schema.sandbox.guards import replaced

#: A placeholder of a route, with its converter.
CONVERTED = re.compile(r"<(?:[^<>:]+:)?([^<>:]+)>")

Key = tuple[str, str]


@dataclass(frozen=True)
class MountedAPI:
    """An API in the URLconf: the path that it begins with, and the views of its operations."""

    api: Any
    prefix: str
    views: frozenset[Any]


def mounted_apis(patterns: Iterable[Any]) -> Iterator[MountedAPI]:
    # A URLconf that has one has imported it.
    ninja = sys.modules.get("ninja")
    if ninja is not None:
        yield from _below(patterns, "/", ninja.NinjaAPI)


def _below(patterns: Iterable[Any], prefix: str, kind: type) -> Iterator[MountedAPI]:
    for resolver in patterns:
        if not isinstance(resolver, URLResolver):
            continue
        route = CONVERTED.sub(r"{\1}", str(resolver.pattern)).removeprefix("^")
        views = [one.callback for one in resolver.url_patterns if isinstance(one, URLPattern)]
        api = next(filter(None, (_api_of(view, kind) for view in views)), None)
        if api is None:
            yield from _below(resolver.url_patterns, prefix + route, kind)
        else:
            own = frozenset(view for view in views if _api_of(view, kind) is None)
            yield MountedAPI(api, prefix + route, own)


def _api_of(view: Any, kind: type) -> Any:
    """Return the API of a page that Ninja adds to its operations: its root, for one."""
    api = (getattr(view, "keywords", None) or {}).get("api")
    return api if isinstance(api, kind) else None


def document_of(mounted: MountedAPI) -> tuple[Document, dict[Key, Any]]:
    """Return the document as the project publishes it, and its operations by path and method.

    Ninja writes an object for each of its operations, which is found again in the document. What
    the project's own code has copied or added is in no operation.
    """
    schema = sys.modules["ninja.openapi.schema"].OpenAPISchema
    written: dict[int, tuple[Any, Any]] = {}
    write = schema.operation_details

    def write_and_note(self: Any, operation: Any) -> Any:
        details = write(self, operation)
        written[id(details)] = details, operation
        return details

    with replaced(schema, "operation_details", write_and_note):
        document: Document = mounted.api.get_openapi_schema(path_prefix=mounted.prefix)
    found = {
        (path, method): written[id(details)][1]
        for path, method, details in operations(document)
        if id(details) in written
    }
    return document, found
