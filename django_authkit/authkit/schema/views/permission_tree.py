"""Takes permissions apart: operators, key permissions, and who decides about objects."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from rest_framework import permissions
from rest_framework.request import Request
from rest_framework.views import APIView

from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.sandbox.answers import NEEDED_CREDENTIAL
from authkit.schema.views.code.handlers import lists_or_creates

#: Named by string: importing it needs the app to be installed, and not every project has it.
KEY_PERMISSION = "rest_framework_api_key.permissions.BaseHasAPIKey"

#: What ``&``, ``|`` and ``~`` between permission classes make.
OPERATORS = (permissions.AND, permissions.OR, permissions.NOT)


def leaves(permission: Any) -> Iterator[Any]:
    """Yield the permissions that ``&``, ``|`` and ``~`` stand between."""
    if isinstance(permission, OPERATORS):
        for operand in operands(permission):
            yield from leaves(operand)
    else:
        yield permission


def operands(operator: Any) -> list[Any]:
    names = ("op1",) if isinstance(operator, permissions.NOT) else ("op1", "op2")
    return [getattr(operator, name) for name in names]


def is_key_permission(permission: Any) -> bool:
    kind: Any = type(permission)
    return _base_of(kind) is not permissions.BasePermission


def is_decided_by_its_key(permission: Any) -> bool:
    """Tell whether *permission* requires a key, and no code of the project takes part."""
    kind: Any = type(permission)
    return is_key_permission(permission) and kind.has_permission is _base_of(kind).has_permission


@cache
def _base_of(permission: Any) -> Any:
    """Return the class whose methods *permission* has if the project wrote none."""
    bases = (base for base in permission.__mro__ if dotted(base) == KEY_PERMISSION)
    return next(bases, permissions.BasePermission)


def formula(permission: Any) -> Any:
    """Return the classes of *permission* and the operators between them, to compare by."""
    if isinstance(permission, OPERATORS):
        return type(permission), *(formula(operand) for operand in operands(permission))
    return type(permission)


def with_keys(permission: Any, keys: frozenset[type]) -> Any:
    """Return *permission* where every key permission finds its key if its class is in *keys*."""
    if isinstance(permission, OPERATORS):
        return type(permission)(*(with_keys(operand, keys) for operand in operands(permission)))
    if is_key_permission(permission):
        kind: Any = type(permission)
        answered = copy.copy(permission)
        answered.__class__ = _answered(kind, kind in keys)
        return answered
    return permission


@cache
def _answered(kind: Any, present: bool) -> type:
    """Return a subclass of *kind* that finds its key without looking, or none.

    What the project wrote is run, and ``super().has_permission()`` in it is what is answered.
    """
    base = _base_of(kind)

    def has_permission(self: Any, request: Request, view: APIView) -> bool:
        return present

    def get_key(self: Any, request: Any) -> str | None:
        if present:
            vars(request)[NEEDED_CREDENTIAL] = "the key itself"
        return "key" if present else None

    stand_in = type("AnsweredKey", (base,), {"has_permission": has_permission})
    bases = (stand_in,) if kind is base else (kind, stand_in)
    names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    return type(kind.__name__, bases, names | {"get_key": get_key})


def decided_by_object(
    view: APIView, method: str, names: Iterable[str], permissions_of_view: Iterable[Any]
) -> bool:
    """Tell whether *view* is about one object, and a permission has an opinion about objects.

    *names* are the placeholders in the view's path, *permissions_of_view* its permissions.
    """
    return (
        any(
            _speaks_of_objects(type(leaf))
            for permission in permissions_of_view
            for leaf in leaves(permission)
        )
        and is_about_one_object(view, names)
        and not lists_or_creates(view, method)
    )


def _speaks_of_objects(kind: Any) -> bool:
    check = kind.has_object_permission
    repeats = getattr(check, "repeats_has_permission", False)
    return check is not _base_of(kind).has_object_permission and not repeats


def is_about_one_object(view: Any, names: Iterable[str]) -> bool:
    detail = getattr(view, "detail", None)
    if detail is not None:
        return bool(detail)
    lookup = getattr(view, "lookup_url_kwarg", None) or getattr(view, "lookup_field", None)
    return lookup in names if lookup else any(names)
