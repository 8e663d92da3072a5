"""Reporters turn a report into text: one file each, which judges nothing and prints nothing.

Every module ``as_<format>`` of this folder is a reporter: its function ``render`` makes the text,
and the first sentence of its docstring says what the format is for. No list names them.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from authkit.schema.results.report import Report

Render = Callable[[Report], str]

PREFIX = "as_"
FORMATS = sorted(
    found.name.removeprefix(PREFIX)
    for found in iter_modules(__path__)
    if found.name.startswith(PREFIX)
)


def reporter(name: str) -> Render:
    """Return what renders the format *name*; its module is imported when it is asked for."""
    render: Render = import_module(f"{__name__}.{PREFIX}{name}").render
    return render
