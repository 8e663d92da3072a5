"""E027: subclasses of authkit's views whose serializer lacks what the view reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error
from rest_framework.serializers import Serializer

from authkit.checks.project.routes import RoutedView, path_of, routed_views
from authkit.checks.settings import failure_of
from authkit.core.http.views import AuthkitView

#: Views whose serializer a setting names, by the name of their class.
SETTINGS = {"ProfileView": "PROFILE_SERIALIZER", "RegisterView": "REGISTRATION_SERIALIZER"}

HANDLERS = ("get", "post", "put", "patch", "delete")


def check_views(**kwargs: Any) -> list[CheckMessage]:
    """Return one error for each view with which a request would be answered 500."""
    found = (_problem(view) for view in routed_views() if issubclass(view.cls, AuthkitView))
    return [
        Error(f"'{view.route}' ({view.path}) {sentence}", hint=hint, id="authkit.E027")
        for view, sentence, hint in filter(None, found)
    ]


def _problem(view: RoutedView) -> tuple[RoutedView, str, str] | None:
    """Return what is wrong with a view of the project, None for all others."""
    ours = next(base for base in view.cls.__mro__ if _is_ours(base))
    # A project's own handler may not read what ours does.
    if any(_is_overridden(view.cls, ours, method) for method in HANDLERS):
        return None
    given, replaced = view.attribute("serializer_class"), getattr(ours, "serializer_class", None)
    if given in (None, replaced):
        return None
    if ours.__name__ in SETTINGS:
        name = SETTINGS[ours.__name__]
        hint = f"Write AUTHKIT = {{'{name}': '{path_of(given)}'}} instead."
        return view, "has a serializer_class, which it does not read.", hint
    if replaced is None:
        return None  # a base class of ours, and no endpoint
    hint = f"Write a subclass of {path_of(replaced)}."
    return next(((view, sentence, hint) for sentence in _wrong(given, replaced)), None)


def _wrong(given: Any, replaced: type[Serializer[Any]]) -> Iterator[str]:
    if not (isinstance(given, type) and issubclass(given, Serializer)):
        yield f"has a serializer_class that is no serializer: {given!r}."
        return
    failure = failure_of(given)
    if failure is not None:
        yield f"has a serializer whose fields cannot be built: {failure!r}."
        return
    fields = given().fields
    for name, field in replaced().fields.items():
        there = fields.get(name)
        if field.read_only or (there is None and not field.required):
            continue
        if there is None or there.read_only or there.source != field.source:
            yield f"has a serializer without the field '{name}'."
        elif not isinstance(there, type(field)):
            yield f"has a serializer whose field '{name}' is no {type(field).__name__}."


def _is_ours(base: type) -> bool:
    return base.__module__.startswith("authkit.")


def _is_overridden(view: type, ours: type, method: str) -> bool:
    return getattr(view, method, None) is not getattr(ours, method, None)
