"""Finds where the permissions of a view are written, and writes stricter ones in their place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rest_framework import permissions

from authkit.schema.views.code.framework_code import is_framework_code
from authkit.schema.views.code.handlers import handler_name
from authkit.schema.views.code.library_views import library_of
from authkit.schema.views.mapping import Operation

#: What ``@api_view`` calls the class that it makes, until it gives it the name of the function.
OF_A_FUNCTION = "WrappedAPIView"

SIGNS: dict[Any, str] = {permissions.AND: "&", permissions.OR: "|"}

#: The methods by which ``permission_classes`` decide.
DECIDING = ("check_permissions", "get_permissions", "initial", "permission_denied")


@dataclass(frozen=True)
class WrittenPermissions:
    """The one place at which the permissions of an operation, and perhaps of others, are written.

    ``code`` is what stands there, with a ``{}`` for the permissions; ``owner`` is the view class,
    the handler of an ``@action`` or the callback of ``as_view()``.
    """

    owner: Any
    code: str
    classes: tuple[Any, ...]

    def beside(self, stricter: type) -> str:
        """Return the code that requires *stricter* as well; "" if what is there has no name.

        Every permission has to admit a caller, so no caller gets in by another one.
        """
        try:
            others = [_expression(one) for one in self.classes if one is not permissions.AllowAny]
        except LookupError:
            return ""
        for leaf in _leaves(self.classes):
            if leaf.__name__ == stricter.__name__ and leaf is not stricter:
                return ""  # where the code is pasted, the name may mean the project's own class
        return self.code.format(", ".join([stricter.__name__, *others]))


def written_permissions(operation: Operation) -> WrittenPermissions | None:
    """Return where the permissions of *operation* are written.

    None if code decides them, or a library wrote them.
    """
    view: Any = operation.view
    kind, callback = type(view), operation.callback
    if callback is None or not all(is_framework_code(getattr(kind, name)) for name in DECIDING):
        return None
    handler, classes = _handler(operation), tuple(view.permission_classes)
    given = getattr(callback, "initkwargs", {}).get("permission_classes")
    if given is None:
        return None if library_of(kind) else WrittenPermissions(kind, _in_class(operation), classes)
    if given is getattr(handler, "kwargs", {}).get("permission_classes"):
        name = handler_name(view, operation.method)
        code = f"permission_classes=[{{}}]  # in @action of {name}()"
        return WrittenPermissions(handler, code, classes)
    return WrittenPermissions(callback, "permission_classes=[{}]  # in as_view()", classes)


def may_be_written_at(operation: Operation) -> Iterator[Any]:
    """Yield each owner by whose permissions a change reaches *operation*, base classes included."""
    yield from type(operation.view).__mro__
    yield operation.callback
    yield _handler(operation)


def _in_class(operation: Operation) -> str:
    if is_of_a_function(operation):
        return "@permission_classes([{}])  # below @api_view"
    return f"permission_classes = [{{}}]  # in {type(operation.view).__name__}"


def is_of_a_function(operation: Operation) -> bool:
    """Tell whether ``@api_view`` made the view."""
    return type(operation.view).__qualname__.endswith(OF_A_FUNCTION)


def shares_a_function(operation: Operation) -> bool:
    """Tell whether one function serves other methods as well."""
    others = {"options", operation.method}
    return is_of_a_function(operation) and not others.issuperset(operation.view.http_method_names)


def _handler(operation: Operation) -> Any:
    view: Any = type(operation.view)
    return getattr(view, handler_name(operation.view, operation.method), None)


def _expression(kind: Any, *, inner: bool = False) -> str:
    """Return the code of a permission. Raises ``LookupError`` if no name leads to it."""
    if isinstance(kind, permissions.OperandHolder):
        left, right = (_expression(one, inner=True) for one in (kind.op1_class, kind.op2_class))
        code = f"{left} {SIGNS[kind.operator_class]} {right}"
        return f"({code})" if inner else code
    if isinstance(kind, permissions.SingleOperandHolder):
        return f"~{_expression(kind.op1_class, inner=True)}"
    name = getattr(kind, "__name__", "")
    if getattr(sys.modules.get(getattr(kind, "__module__", "")), name, None) is not kind:
        raise LookupError(kind)
    return str(name)


def _leaves(classes: Any) -> Iterator[Any]:
    for kind in classes:
        if isinstance(kind, permissions.OperandHolder):
            yield from _leaves((kind.op1_class, kind.op2_class))
        elif isinstance(kind, permissions.SingleOperandHolder):
            yield from _leaves((kind.op1_class,))
        else:
            yield kind
