"""Routes are included twice, and the `operationId` of the second is told apart by a number.

## What it does

Looks for operations of one and the same route at two paths that ask for one `operationId`. They are
reported once for the two paths below which the routes are included.

## Why is this bad?

drf-spectacular numbers the second: `orders_list_2`. Generated clients have every method twice, and
which of the two is numbered follows the order of the paths. A third inclusion can give the number
to another one.

An id in `@extend_schema` does not help, because it is said of both (AK110).

## Example

    urlpatterns = [
        path("api/", include("shop.urls")),
        path("api/v1/", include("shop.urls")),  # the same routes, for old clients
    ]

    SPECTACULAR_SETTINGS = {"SCHEMA_PATH_PREFIX": r"/api(/v1)?"}

## Use instead

Document one of the two, and serve both:

    SpectacularAPIView.as_view(urlconf="shop.documented_urls")

Or let the ids have the path in them, with a `SCHEMA_PATH_PREFIX` that ends before the two differ:

    SPECTACULAR_SETTINGS = {"SCHEMA_PATH_PREFIX": r"/api"}

## References

- OpenAPI Specification, Operation Object
- drf-spectacular, settings: `SCHEMA_PATH_PREFIX`
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.model.operation_ids import collisions
from authkit.schema.results.findings import Offence, Rule, Severity, exemption


def look(schema: AuditedSchema) -> Iterator[Offence]:
    by_paths: dict[tuple[str, str], list[str]] = {}
    for collision in collisions(schema):
        if collision.inclusions:
            ids = by_paths.setdefault(collision.inclusions, [])
            ids.append(collision.second.operation_id)
    for (first, second), ids in by_paths.items():
        message = (
            f"The routes below {first} are included below {second} as well: {len(ids)} of their "
            f'operations ask for an operationId that is taken, such as "{ids[0]}".'
        )
        yield Offence(Place(), message, subject=f"{first} {second}")


RULE = Rule(
    "AK112",
    "routes-included-twice",
    Severity.NOTE,
    __doc__,
    look,
    silence=exemption("the two paths as `subject`"),
)
