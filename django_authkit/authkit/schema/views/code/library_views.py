"""Tells views that a library wrote and opened, such as SimpleJWT's log-in, from the project's."""

from __future__ import annotations

import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from django.conf import settings
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from authkit.schema.views.code.framework_code import is_framework_code
from authkit.schema.views.code.handlers import handler_name
from authkit.schema.views.mapping import Operation

#: The folders of installed packages; the second is Debian's.
INSTALLED = frozenset({"site-packages", "dist-packages"})


def library_of(kind: type) -> str:
    """Return the installed package that a class belongs to, "" if the class is the project's."""
    package = _package(kind.__module__)
    if not _is_installed(kind.__module__) or package in _of_the_project(settings.ROOT_URLCONF):
        return ""
    return package


@cache
def _of_the_project(urlconf: str) -> frozenset[str]:
    """Return the packages of the project, which may be installed like any other."""
    root = _package(urlconf)
    if not _is_installed(urlconf):
        return frozenset({root})
    packages = packages_distributions()  # reads the metadata of all that is installed
    own = {*packages.get(root, ())}
    return frozenset({root, *(name for name, found in packages.items() if own.intersection(found))})


def _is_installed(module: str) -> bool:
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return not INSTALLED.isdisjoint(Path(file).parts)


def _package(module: str) -> str:
    return module.partition(".")[0]


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
