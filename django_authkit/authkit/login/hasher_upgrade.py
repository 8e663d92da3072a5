"""Sessions outlive a hasher upgrade.

Django hashes a correct password anew when PASSWORD_HASHERS or their work factors have
changed. The password is the same, so the user's other sessions must not end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from authkit.core.users import AuthUser
from authkit.sessions.flows import keep_sessions
from authkit.sessions.models import password_fingerprint

#: By primary key: the fingerprint of the hash that a log-in under way is about to replace.
_replaced: ContextVar[dict[Any, str] | None] = ContextVar("authkit_replaced_hash", default=None)


class HasherUpgrade:
    def __init__(self, replaced: dict[Any, str]) -> None:
        self._replaced = replaced

    def keep_sessions_of(self, user: AuthUser) -> None:
        """Call with the user whom ``authenticate()`` returned: the password was right."""
        if user.pk in self._replaced:
            keep_sessions(user, self._replaced[user.pk])


@contextmanager
def watch_hasher_upgrade() -> Iterator[HasherUpgrade]:
    """Watch ``authenticate()`` for a password hash that it replaces."""
    replaced: dict[Any, str] = {}
    token = _replaced.set(replaced)
    try:
        yield HasherUpgrade(replaced)
    finally:
        _replaced.reset(token)


def remember_replaced_hash(
    instance: AuthUser, using: str, update_fields: frozenset[str] | None, **kwargs: Any
) -> None:
    """Receive ``pre_save`` of the user model. Only an upgrade saves just the password."""
    replaced = _replaced.get()
    if replaced is None or set(update_fields or ()) != {"password"}:
        return
    stored = type(instance)._base_manager.using(using).filter(pk=instance.pk).first()
    if stored is not None:
        replaced[instance.pk] = password_fingerprint(stored)
