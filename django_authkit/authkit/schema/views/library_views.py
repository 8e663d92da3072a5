"""Tells views that a library wrote and opened, such as SimpleJWT's log-in, from the project's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from authkit.schema.views.framework_code import is_framework_code
from authkit.schema.views.handlers import handler_name
from authkit.schema.views.mapping import Operation

#: The folders of installed packages; the second is Debian's.
INSTALLED = frozenset({"site-packages", "dist-packages"})


def library_of(kind: type) -> str:
    """Return the installed package that a class belongs to, "" if the class is the project's."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
    return kind.__module__.partition(".")[0] if INSTALLED.intersection(Path(file).parts) else ""


def opening_library(operation: Operation) -> str:
    """Return the library that wrote the handler and opened it, "" if the project did either.

    May raise whatever the view's code raises.
    """
    view: Any = type(operation.view)
    given = getattr(operation.callback, "initkwargs", {})
    opener = _definer(view, "permission_classes")
    if "permission_classes" in given or not is_framework_code(view.get_permissions):
        return ""
    # What APIView has is the default of the project.
    if opener is APIView or any(one is not AllowAny for one in operation.view.permission_classes):
        return ""
    writer = _definer(view, handler_name(operation.view, operation.method))
    # One who opens a class knows the handlers that are in it, and no others that join it later.
    is_one_view = issubclass(writer, opener) or issubclass(opener, writer)
    library = library_of(opener)
    return library if is_one_view and library == library_of(writer) else ""


def _definer(view: type, name: str) -> type:
    return next((one for one in view.__mro__ if name in vars(one)), view)
