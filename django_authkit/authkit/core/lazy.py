from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from django.utils.functional import SimpleLazyObject


def lazy_module(name: str) -> Any:
    """Return a module that is imported when something of it is first used.

    For what Django loads at every start (models, admin pages) and what costs tens of
    milliseconds to import, such as ``cryptography``.
    """
    return SimpleLazyObject(partial(import_module, name))
