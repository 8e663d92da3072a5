"""Sessions outlive a hasher upgrade.

Django hashes a correct password anew when PASSWORD_HASHERS or their work factors have
changed. The password is the same, so the user's other sessions must not end. Importing
this module imports no model: apps do it before models can be loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models import Model

#: By primary key: the user as stored before a log-in under way replaced the password hash.
ReplacedHashes = dict[Any, Any]

_watching: ContextVar[ReplacedHashes | None] = ContextVar("authkit_replaced_hashes", default=None)


@contextmanager
def watch_replaced_hashes() -> Iterator[ReplacedHashes]:
    """Collect, during ``authenticate()``, the users whose password it hashes anew."""
    replaced: ReplacedHashes = {}
    token = _watching.set(replaced)
    try:
        yield replaced
    finally:
        _watching.reset(token)


def remember_replaced_hash(
    sender: type[Model],
    instance: Model,
    using: str,
    update_fields: frozenset[str] | None,
    **kwargs: Any,
) -> None:
    """Receive ``pre_save`` of the user model.

    Only an upgrade names the password among what it saves; a model's save() may name more.
    """
    replaced = _watching.get()
    if replaced is None or "password" not in (update_fields or ()):
        return
    replaced[instance.pk] = sender._base_manager.using(using).filter(pk=instance.pk).first()
