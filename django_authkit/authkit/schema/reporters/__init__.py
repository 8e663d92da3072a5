"""Reporters turn a report into text: one file each, which judges nothing and prints nothing."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from authkit.schema.model.report import Report

Render = Callable[[Report], str]

#: Every format has a module ``as_<format>`` with a function ``render``.
FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab", "markdown", "html")


def reporter(name: str) -> Render:
    """Return what renders the format *name*; its module is imported when it is asked for."""
    render: Render = import_module(f"{__name__}.as_{name}").render
    return render
