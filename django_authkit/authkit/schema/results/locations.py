"""Finds the line that a finding is about: in the audited file, or where the view is defined."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from authkit.schema.model.audited_schema import Place
from authkit.schema.openapi.committed import Committed
from authkit.schema.results.findings import Finding
from authkit.schema.results.report import Location
from authkit.schema.sandbox.repository import own_file, repository


class InFile:
    """Finds operations and schemes in the file that was audited."""

    def __init__(self, committed: Committed) -> None:
        self.committed = committed
        self.file = own_file(committed.name) or committed.name

    def __call__(self, finding: Finding) -> Location:
        place = finding.place
        keys = _keys(place)
        if not place.path:
            keys = ("components", "securitySchemes", finding.subject)
        return Location(self.file, self.committed.line(*keys))


class InSources:
    """Finds the classes of views, or those that findings are about, or else the URLconf."""

    def __init__(self, urlconf: str) -> None:
        self.urlconf = urlconf

    def __call__(self, finding: Finding) -> Location | None:
        return self.view(finding.place.view) or self.view(finding.subject) or self.routed

    @property
    def routed(self) -> Location | None:
        file = _file(sys.modules.get(self.urlconf))
        return Location(file, 1) if file else None

    def view(self, dotted: str) -> Location | None:
        module, name = _loaded_module(dotted)
        file = _file(module)
        line = _definitions(repository() / file).get(name) if file else None
        return Location(file, line) if file and line else None


def _file(module: ModuleType | None) -> str | None:
    file = getattr(module, "__file__", None)
    return own_file(file) if file else None


def _loaded_module(dotted: str) -> tuple[ModuleType | None, str]:
    parts = dotted.split(".")
    for length in range(len(parts) - 1, 0, -1):
        module = sys.modules.get(".".join(parts[:length]))
        if module is not None:
            return module, ".".join(parts[length:])
    return None, dotted


@cache
def _definitions(path: Path) -> dict[str, int]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    return dict(_lines(tree))


def _lines(holder: Any, prefix: str = "") -> Iterator[tuple[str, int]]:
    for node in holder.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node.lineno
        if isinstance(node, ast.ClassDef):
            yield from _lines(node, f"{prefix}{node.name}.")


def _keys(place: Place) -> tuple[str, str, str]:
    """Return what leads to an operation, as far down as lines are known."""
    path, is_callback, _ = place.path.partition(" callbacks/")
    method = "" if is_callback else place.method
    if path.startswith("/"):
        return "paths", path, method
    above, _, name = path.removeprefix("components/").partition("/")
    return (above, name, method) if above == "webhooks" else ("components", above, name)
