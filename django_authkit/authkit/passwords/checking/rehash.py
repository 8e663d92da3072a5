"""Re-hash of a password: it ends no session, and never overwrites a newer password.

Django re-hashes a correct password when PASSWORD_HASHERS or their work factors have changed, and
saves it over the stored hash without a compare-and-set.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, verify_password
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

from authkit.core.db.retry import retry_on_conflict
from authkit.core.identity.one_time_links import follow_new_password
from authkit.passwords.checking.hashing import hashing_place
from authkit.passwords.stored import lock_if_unchanged
from authkit.sessions.ending.password_changes import keep_sessions


@dataclass(frozen=True, slots=True)
class _Check:
    """A password that is being checked, and the transaction that replaces its hash."""

    password: str = field(repr=False)
    upgrade: ExitStack


_check: ContextVar[_Check | None] = ContextVar("authkit_password_check", default=None)


@contextmanager
def guard_rehash(password: str) -> Iterator[None]:
    """Guard calls that check a password: their re-hash never restores an earlier password.

    Race condition: if the password was changed during the re-hash, nothing is written,
    ``authenticate()`` returns None, and ``check_password()`` raises ``PermissionDenied``.

    :raises HashingBusy: too many passwords are being hashed; nothing has been checked.
    """
    with hashing_place(), ExitStack() as upgrade:
        token = _check.set(_Check(password, upgrade))
        try:
            yield
        finally:
            _check.reset(token)


@receiver(pre_save, sender=settings.AUTH_USER_MODEL, dispatch_uid="authkit.passwords.begin_rehash")
def begin_rehash(
    sender: type[Model],
    instance: Any,
    using: str,
    update_fields: frozenset[str] | None,
    **kwargs: Any,
) -> None:
    """Receive ``pre_save`` of the user model.

    A re-hash is a save with ``password`` in ``update_fields``, after Django has cleared the raw
    password. With a raw password it is a change of password by a backend.
    """
    check = _check.get()
    if check is None or "password" not in (update_fields or ()) or instance._password:
        return
    rows: Any = sender._base_manager.using(using).filter(pk=instance.pk)
    while True:
        stored = rows.first()
        _check_again(stored, instance, check.password)
        # Race condition: another log-in may have replaced the hash since it was read.
        if retry_on_conflict(partial(_open, check.upgrade, stored, instance, using), sender):
            break


@receiver(post_save, sender=settings.AUTH_USER_MODEL, dispatch_uid="authkit.passwords.end_rehash")
def end_rehash(**kwargs: Any) -> None:
    """Receive ``post_save`` of the user model."""
    check = _check.get()
    if check is not None:
        check.upgrade.close()


def _check_again(stored: Any, instance: Any, password: str) -> None:
    """Refuse the re-hash of a replaced password; adopt a hash that is already upgraded."""
    if stored is None:
        raise PermissionDenied
    right, is_outdated = verify_password(password, stored.password)
    # A backend or model may alter the password before hashing: then neither hash matches.
    if not right and check_password(password, instance.password):
        raise PermissionDenied
    if right and not is_outdated:
        # A concurrent log-in has upgraded the hash, and its session has the fingerprint of it.
        instance.password = stored.password


def _open(upgrade: ExitStack, stored: Any, instance: Any, using: str) -> bool:
    """Open the transaction of a re-hash; return False if the stored hash has changed.

    :param upgrade: the stack that closes the transaction.
    """
    with ExitStack() as opened:
        opened.enter_context(transaction.atomic(using=using))
        held = lock_if_unchanged(stored, stored.password, using)
        if held:
            keep_sessions(stored, instance)
            follow_new_password(instance, stored.password)
            upgrade.enter_context(opened.pop_all())
    return held
