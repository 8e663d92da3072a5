"""The operations that no view serves: webhooks, callbacks, and what stands among the components.

A client of the project answers them, so what they require is the author's to say; only the names in
it can be checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authkit.schema.openapi.document import (
    METHODS,
    Document,
    mapping,
    operations,
    schemes_in,
)

#: Where a document has it, what it is to be called, the lower-case method, and what it says.
Holder = tuple[str, str, dict[str, Any]]


def holders_elsewhere(document: Document) -> Iterator[Holder]:
    """Yield what may hold a ``security`` and is no operation of ``paths``.

    These are operations, and path items that have one although no version of OpenAPI knows it; for
    them the method is "". What a path refers to is an operation of ``paths``.
    """
    served = {id(operation) for _, _, operation in operations(document) if operation}
    yield from (found for found in _holders(document) if id(found[2]) not in served)


def _holders(document: Document) -> Iterator[Holder]:
    for path, item in mapping(document.get("paths")).items():
        yield from _of_item(str(path), mapping(item), served=True)
    for path, _, operation in operations(document):
        yield from _callbacks(path, operation)
    yield from _items("webhooks", document.get("webhooks"))
    components = mapping(document.get("components"))
    yield from _items("components/pathItems", components.get("pathItems"))
    for name, callback in mapping(components.get("callbacks")).items():
        yield from _items(f"components/callbacks/{name}", callback)


def _items(where: str, items: Any) -> Iterator[Holder]:
    for name, item in mapping(items).items():
        yield from _of_item(f"{where}/{name}", mapping(item))


def _of_item(where: str, item: dict[str, Any], *, served: bool = False) -> Iterator[Holder]:
    if "security" in item:
        yield where, "", item
    found = {} if served else {method: item[method] for method in METHODS if method in item}
    for method, operation in {**found, **mapping(item.get("additionalOperations"))}.items():
        yield where, str(method).lower(), mapping(operation)
        yield from _callbacks(where, mapping(operation))


def _callbacks(where: str, operation: dict[str, Any]) -> Iterator[Holder]:
    for name, callback in mapping(operation.get("callbacks")).items():
        yield from _items(f"{where} callbacks/{name}", callback)


def required_schemes(document: Document) -> set[str]:
    """Return the names in all requirements of the document."""
    holders = [
        document,
        *(operation for _, _, operation in operations(document)),
        *(holder for _, _, holder in holders_elsewhere(document)),
    ]
    return set().union(*(schemes_in(document, one.get("security")) for one in holders))
