"""Registers our descriptions of authenticators when they are needed first.

drf-spectacular finds an extension only if its module was imported before a schema is made, and
importing drf-spectacular costs between 35 ms (REST framework's views already loaded) and 200 ms
(nothing loaded yet). Most processes never make a schema, so the import waits until
``drf_spectacular.extensions`` is imported by other code.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import Loader, MetaPathFinder
    from importlib.machinery import ModuleSpec
    from types import ModuleType
else:  # importing those would load importlib.resources at every start, and importing asks neither
    Loader = MetaPathFinder = object

AWAITED = "drf_spectacular.extensions"
OURS = "authkit.schema.schemes.extensions"


def register_extensions() -> None:
    """Make sure that our extensions are registered whenever drf-spectacular's registry exists.

    Imports nothing as long as drf-spectacular is not loaded. May be called any number of times.
    """
    if AWAITED in sys.modules:
        import_module(OURS).register()
    elif not any(isinstance(finder, ExtensionsFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, ExtensionsFinder())


class ExtensionsFinder(MetaPathFinder):
    """Steps aside at the first import of drf-spectacular's extensions, and lets ours follow."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname != AWAITED:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        spec.loader = FollowedLoader(spec.loader)
        return spec


class FollowedLoader(Loader):
    """Loads a module as its own loader does, then registers our extensions."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        import_module(OURS).register()
