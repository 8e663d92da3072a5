"""Takes permissions apart: operators, key permissions, and who decides about objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from rest_framework import permissions
from rest_framework.request import Request
from rest_framework.views import APIView

from authkit.schema.names import dotted

#: Named by string: importing it needs the app to be installed, and not every project has it.
KEY_PERMISSION = "rest_framework_api_key.permissions.BaseHasAPIKey"

#: What ``&``, ``|`` and ``~`` between permission classes make.
OPERATORS = (permissions.AND, permissions.OR, permissions.NOT)


class AnsweredKey(permissions.BasePermission):
    """Stands where a key permission stands, and knows whether the key was sent."""

    def __init__(self, present: bool) -> None:
        self.present = present

    def has_permission(self, request: Request, view: APIView) -> bool:
        return self.present


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
    return _is_key_class(kind)


@cache
def _is_key_class(permission: Any) -> bool:
    return any(dotted(base) == KEY_PERMISSION for base in permission.__mro__)


def formula(permission: Any) -> Any:
    """Return the classes of *permission* and the operators between them, to compare by."""
    if isinstance(permission, OPERATORS):
        return type(permission), *(formula(operand) for operand in operands(permission))
    return type(permission)


def with_keys(permission: Any, keys: frozenset[type]) -> Any:
    """Return *permission* with every key permission in it answered: its class is in *keys*."""
    if isinstance(permission, OPERATORS):
        return type(permission)(*(with_keys(operand, keys) for operand in operands(permission)))
    if is_key_permission(permission):
        return AnsweredKey(type(permission) in keys)
    return permission


def decided_by_object(view: APIView, names: Iterable[str], asked: Iterable[Any]) -> bool:
    """Tell whether *view* is about one object, and a permission has an opinion about objects.

    *names* are the placeholders in the view's path, *asked* its permissions.
    """
    return is_about_one_object(view, names) and any(
        type(leaf).has_object_permission is not permissions.BasePermission.has_object_permission
        and not is_key_permission(leaf)
        for permission in asked
        for leaf in leaves(permission)
    )


def is_about_one_object(view: Any, names: Iterable[str]) -> bool:
    detail = getattr(view, "detail", None)
    if detail is not None:
        return bool(detail)
    lookup = getattr(view, "lookup_url_kwarg", None) or getattr(view, "lookup_field", None)
    return lookup in names if lookup else any(names)
