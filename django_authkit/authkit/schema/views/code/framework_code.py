"""Tells REST framework's code from that of a project."""

from __future__ import annotations

from functools import cache
from typing import Any

from rest_framework.views import APIView

from authkit.schema.views.exception_handlers import body_of_refusals
from authkit.schema.views.mapping import Operation

#: Where the code stands that makes a callback of a view, and takes a request to its handler.
FRAMEWORK_MODULES = ("django.views.decorators.csrf", "django.views.generic.base", "rest_framework.")


#: An attribute of a function of ours: the one in whose place it was put for a while.
STANDS_FOR = "authkit_stands_for"


def is_framework_code(function: Any) -> bool:
    """Tell whether a function is REST framework's own, or Django's below it."""
    function = getattr(function, STANDS_FOR, function)
    # Not by __module__, which a decorator copies from what it decorates.
    return str(getattr(function, "__globals__", {}).get("__name__")).startswith(FRAMEWORK_MODULES)


def handles_exceptions(view: APIView) -> bool:
    """Tell whether code of the project answers a refusal of *view*."""
    return body_of_refusals(view) is None


def is_decorated(operation: Operation) -> bool:
    """Tell whether something stands around the view's gate that REST framework did not put there.

    A decorator around the callback, or a ``setup()`` or ``dispatch()`` that is not REST
    framework's own.
    """
    view: Any = type(operation.view)
    if not _begins_as_framework(view):
        return True
    layer = operation.callback
    while layer is not None and not isinstance(layer, type):
        if not is_framework_code(layer):
            return True
        layer = getattr(layer, "__wrapped__", None)
    return False


@cache
def _begins_as_framework(view: Any) -> bool:
    return is_framework_code(view.setup) and is_framework_code(view.dispatch)
