"""Fills the placeholders of a path, so that a request for it reaches the view."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import Model
from django.urls.converters import get_converters
from rest_framework.settings import api_settings

from authkit.schema.sandbox.answers import host_errors
from authkit.schema.views.mapping import Operation

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")

#: What to try where nothing better is known. The first that fits the pattern is taken.
SAMPLES = (
    "1",
    "a",
    "a1",
    "00000000-0000-4000-8000-000000000000",
    "2026-01-01",
    "2026",
    "01",
    "en",
    "v1",
    "AAA",
    "a@example.com",
    "00000000000000000000000000000000",
)

#: How many rows are tried, each in a request of its own, until one leads to an answer.
TRIES = 5

#: Nested routers of drf-extensions name the way from a row to its parent.
PARENT_LOOKUP = "parent_lookup_"


def placeholders(operation: Operation) -> list[str]:
    return PLACEHOLDER.findall(operation.route or operation.path)


def unnamed(operation: Operation, params: Mapping[str, str]) -> list[str]:
    """Return the placeholders for which the user can name a value, and did not."""
    versioning: Any = operation.view.versioning_class
    known = {api_settings.FORMAT_SUFFIX_KWARG, getattr(versioning, "version_param", None), *params}
    return [name for name in placeholders(operation) if name not in known]


@dataclass
class UrlBuilder:
    """Builds URLs in one project; rows that were read are remembered.

    ``params`` are the values that the user gave. ``rows`` allows reading the database for others.
    """

    params: Mapping[str, str] = field(default_factory=dict)
    rows: bool = False
    read: dict[Any, Sequence[Model]] = field(default_factory=dict)

    def values(self, operation: Operation) -> dict[str, str] | None:
        """Return a value for each placeholder, None if there is one that nothing fits."""
        return next(self.choices(operation), None)

    def choices(self, operation: Operation) -> Iterator[dict[str, str]]:
        """Yield different values for the placeholders, the most likely first."""
        tried: list[dict[str, str]] = []
        for turn in range(TRIES if self._needs_rows(operation) else 1):
            found = self._values(operation, turn)
            if found is not None and found not in tried:
                tried.append(found)
                yield found

    def _values(self, operation: Operation, turn: int) -> dict[str, str] | None:
        found: dict[str, str] = {}
        rows = self.rows_behind(operation) if self._needs_rows(operation) else ()
        row = _in_turn(rows, turn)
        for name in placeholders(operation):
            value = next(self._candidates(operation, name, row, turn), None)
            if value is None:
                return None
            found[name] = value
        return found

    def _needs_rows(self, operation: Operation) -> bool:
        return self.rows and any(placeholders(operation))

    def invents(self, operation: Operation) -> bool:
        """Tell whether a placeholder is filled with a value that need not exist."""
        return any(name not in self.params for name in placeholders(operation))

    def path(self, operation: Operation, values: Mapping[str, str]) -> str:
        return PLACEHOLDER.sub(lambda match: values[match[1]], operation.route)

    def rows_behind(self, operation: Operation) -> Sequence[Model]:
        """Return some rows of the view's queryset, or of its serializer's model."""
        queryset = _attribute(operation.view, "queryset")
        meta = getattr(_attribute(operation.view, "serializer_class"), "Meta", None)
        model = getattr(queryset, "model", None) or getattr(meta, "model", None)
        key = type(operation.view), id(queryset)
        if key not in self.read:
            own = _some(queryset.all) if hasattr(queryset, "all") else []
            of_model = [] if own or model is None else self.rows_of(model)
            self.read[key] = _different(own, model) if own else of_model
        return self.read[key]

    def rows_of(self, model: type[Model]) -> Sequence[Model]:
        """Return some rows of *model*, one of each subclass that has a table of its own first."""
        if model not in self.read:
            self.read[model] = _different(_some(model._default_manager.all), model)
        return self.read[model]

    def _candidates(
        self, operation: Operation, name: str, row: Model | None, turn: int
    ) -> Iterator[str]:
        if name in self.params:
            return iter([self.params[name]])
        fits = _fitting(operation.pattern, name)
        known = [*self._from_version(operation, name), *self._from_rows(operation, name, row, turn)]
        return (value for value in (*known, *SAMPLES) if fits.fullmatch(value))

    def _from_version(self, operation: Operation, name: str) -> Iterator[str]:
        versioning: Any = operation.view.versioning_class
        if versioning is not None and name == versioning.version_param:
            yield operation.version
        if name == api_settings.FORMAT_SUFFIX_KWARG:
            formats = [renderer.format for renderer in operation.view.renderer_classes]
            # The converter of suffixes takes the dot along.
            yield from (f"{dot}{name}" for name in formats if name for dot in ("", "."))

    def _from_rows(
        self, operation: Operation, name: str, row: Model | None, turn: int
    ) -> Iterator[str]:
        if not self.rows:
            return
        way = _way(operation.view, name)
        if row is not None and way:
            yield from _followed(row, way)
            return
        for stem, field_name in _parts(name):
            parent = _related(row, stem)
            if parent is None:
                parent = _in_turn(self._rows_named(stem), turn)
            if parent is not None:
                yield from _values_of(parent, field_name)

    def _rows_named(self, stem: str) -> Sequence[Model]:
        names = [one.replace("_", "") for one in _singular(stem)]
        models = (model for model in apps.get_models() if model._meta.model_name in names)
        return next((rows for model in models if (rows := self.rows_of(model))), [])


def _way(view: Any, name: str) -> str:
    """Return the lookup that leads from a row of the view to what *name* means, "" if unknown."""
    lookup = getattr(view, "lookup_field", None)
    parents = getattr(view, "parent_lookup_kwargs", None)  # of drf-nested-routers
    if name in (getattr(view, "lookup_url_kwarg", None), lookup, "pk"):
        return lookup or "pk"
    if isinstance(parents, Mapping) and name in parents:
        return str(parents[name])
    return name.removeprefix(PARENT_LOOKUP) if name.startswith(PARENT_LOOKUP) else ""


def _parts(name: str) -> Iterator[tuple[str, str]]:
    """Yield what *name* may be made of: a row, and the field of it that is meant."""
    yield name, ""
    words = name.split("_")
    for end in range(len(words) - 1, 0, -1):
        yield "_".join(words[:end]), "_".join(words[end:])


def _singular(stem: str) -> Iterator[str]:
    """Yield *stem*, and what it may be the plural of."""
    yield stem
    for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
        if stem.endswith(ending):
            yield stem.removesuffix(ending) + instead


def _in_turn(rows: Sequence[Model], turn: int) -> Model | None:
    return rows[min(turn, len(rows) - 1)] if rows else None


def _some(queryset: Callable[[], Any], most: int = TRIES) -> list[Model]:
    """Return the first rows; none if a manager of the project fails, or the table is missing."""
    try:
        ordered = queryset().order_by("pk")
        # A statement that fails must not spoil the transaction of the others.
        with transaction.atomic(using=ordered.db):
            return [row for row in ordered[:most] if isinstance(row, Model)]
    except host_errors():
        return []


def _different(rows: Sequence[Model], model: Any) -> list[Model]:
    """Return *rows* of *model*, behind the first one of each subclass that has its own table."""
    links = getattr(getattr(model, "_meta", None), "related_objects", ())
    children = [link.related_model for link in links if getattr(link, "parent_link", False)]
    of_children = [row for child in children for row in _some(child._default_manager.all, 1)]
    # Several rows are there to differ; which of them comes first does not depend on chance.
    found = {row.pk: row for row in (*rows[:1], *of_children, *rows[1:])}
    return list(found.values())[:TRIES]


def _related(row: Model | None, stem: str) -> Model | None:
    """Return what *row* belongs to under this name."""
    found = (_attribute(row, name) for name in _singular(stem))
    return next((one for one in found if isinstance(one, Model)), None)


def _attribute(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name, None)
    except host_errors():  # a property of the project, or a relation whose row is missing
        return None


def _values_of(row: Model, field_name: str) -> Iterator[str]:
    if field_name in ("", "pk", "id", "slug", "uuid"):
        yield from _followed(row, field_name or "slug")
        yield from _followed(row, "pk")
    else:
        yield from _followed(row, field_name)


def _followed(row: Model, way: str) -> Iterator[str]:
    """Yield the value at the end of a lookup such as ``user__username``, if there is one."""
    value: Any = row
    for name in way.split("__"):
        if not isinstance(value, Model):
            break  # the lookup goes on with how to compare
        value = _attribute(value, "pk" if name == "id" else name) if _has(value, name) else None
    value = value.pk if isinstance(value, Model) else value
    if value is not None:
        yield str(value)


def _has(row: Model, name: str) -> bool:
    if name in ("pk", "id"):
        return True
    try:
        row._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def _fitting(pattern: str, name: str) -> re.Pattern[str]:
    """Return what a value for the placeholder must look like, from a converter or a group."""
    converter = re.search(rf"<(?:([^<>:]+):)?{re.escape(name)}>", pattern)
    if converter and f"(?P<{name}>" not in pattern:
        return re.compile(get_converters()[converter[1] or "str"].regex)
    start = pattern.find(f"(?P<{name}>")
    if start < 0:
        return re.compile(r"[^/]+")
    return _group(pattern[start + len(f"(?P<{name}>") :])


def _group(expression: str) -> re.Pattern[str]:
    """Return the group in which *expression* begins, up to its own closing parenthesis."""
    ends = (found.start() for found in re.finditer(r"\)", expression))
    return next(filter(None, (_compiled(expression[:end]) for end in ends)))


def _compiled(expression: str) -> re.Pattern[str] | None:
    try:
        return re.compile(expression)
    except re.error:  # what ended here is a group or a set of characters within
        return None


def host() -> str:
    """Return a host that the project answers to."""
    named = (name.strip().lstrip("*.") for name in settings.ALLOWED_HOSTS)
    return next(filter(None, named), "localhost")
