from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from django.utils.functional import SimpleLazyObject


def lazy_module(name: str) -> Any:
    """Return a module that is imported when something of it is first used.

    For what Django loads at every start (models, admin pages) and what only some of their
    methods use. Import it for the type checker as well.
    """
    return SimpleLazyObject(partial(import_module, name))
