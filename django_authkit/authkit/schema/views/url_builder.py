"""Fills the placeholders of a path, so that a request for it reaches the view."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
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

#: The ends by which placeholders say which field of a row they mean.
ENDINGS = re.compile(r"_(pk|id|slug|uuid)$")


def placeholders(operation: Operation) -> list[str]:
    return PLACEHOLDER.findall(operation.route or operation.path)


@dataclass
class UrlBuilder:
    """Builds URLs in one project; rows that were read are remembered.

    ``params`` are the values that the user gave. ``rows`` allows reading the database for others.
    """

    params: Mapping[str, str] = field(default_factory=dict)
    rows: bool = False
    first_rows: dict[type[Model], Model | None] = field(default_factory=dict)

    def values(self, operation: Operation) -> dict[str, str] | None:
        """Return a value for each placeholder, None if there is one that nothing fits."""
        found: dict[str, str] = {}
        row = self.row_behind(operation) if self.rows else None
        for name in placeholders(operation):
            value = next(self._candidates(operation, name, row), None)
            if value is None:
                return None
            found[name] = value
        return found

    def invents(self, operation: Operation) -> bool:
        """Tell whether a placeholder is filled with a value that need not exist."""
        return any(name not in self.params for name in placeholders(operation))

    def path(self, operation: Operation, values: Mapping[str, str]) -> str:
        return PLACEHOLDER.sub(lambda match: values[match[1]], operation.route)

    def row_behind(self, operation: Operation) -> Model | None:
        """Return the first row of the view's queryset, None if it has none."""
        queryset = getattr(operation.view, "queryset", None)
        model = getattr(queryset, "model", None)
        return self.first_row(model) if model is not None else None

    def first_row(self, model: type[Model]) -> Model | None:
        if model not in self.first_rows:
            self.first_rows[model] = _first(model)
        return self.first_rows[model]

    def _candidates(self, operation: Operation, name: str, row: Model | None) -> Iterator[str]:
        if name in self.params:
            return iter([self.params[name]])
        fits = _fitting(operation.pattern, name)
        known = [*self._from_version(operation, name), *self._from_rows(operation, name, row)]
        return (value for value in (*known, *SAMPLES) if fits.fullmatch(value))

    def _from_version(self, operation: Operation, name: str) -> Iterator[str]:
        versioning: Any = operation.view.versioning_class
        if versioning is not None and name == versioning.version_param:
            yield operation.version
        if name == api_settings.FORMAT_SUFFIX_KWARG:
            formats = [renderer.format for renderer in operation.view.renderer_classes]
            # The converter of suffixes takes the dot along.
            yield from (f"{dot}{name}" for name in formats if name for dot in ("", "."))

    def _from_rows(self, operation: Operation, name: str, row: Model | None) -> Iterator[str]:
        if not self.rows:
            return
        view: Any = operation.view
        lookup = getattr(view, "lookup_field", None)
        if row is not None and name in (getattr(view, "lookup_url_kwarg", None), lookup, "pk"):
            yield from _field_value(row, (lookup or "pk").partition("__")[0])
            return
        stem = ENDINGS.sub("", name)
        parent = getattr(row, stem, None) if row is not None else None
        if not isinstance(parent, Model):
            parent = self._row_named(stem)
        if parent is not None:
            ending = ENDINGS.search(name)
            yield from _field_value(parent, ending[1] if ending else "slug")
            yield from _field_value(parent, "pk")

    def _row_named(self, stem: str) -> Model | None:
        name = stem.replace("_", "")
        models = (model for model in apps.get_models() if model._meta.model_name == name)
        return next((row for model in models if (row := self.first_row(model))), None)


def _first(model: type[Model]) -> Model | None:
    try:
        return model._default_manager.order_by("pk").first()
    except host_errors():  # a manager of the project may fail, or the table is missing
        return None


def _field_value(row: Model, name: str) -> Iterator[str]:
    if name not in ("pk", "id"):
        try:
            row._meta.get_field(name)
        except FieldDoesNotExist:
            return
    value = getattr(row, "pk" if name == "id" else name, None)
    if value is not None:
        yield str(value)


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
