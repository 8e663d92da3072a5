"""A hasher upgrade replaces the hash of a password, and neither the password nor the sessions.

Django hashes a correct password anew when PASSWORD_HASHERS or their work factors have
changed, and saves it over whatever is stored by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.hashers import check_password, verify_password
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

from authkit.core.db.retry import retry_on_conflict
from authkit.passwords.stored import lock_if_unchanged
from authkit.sessions.password_changes import keep_sessions


class _Judgement(NamedTuple):
    """A password that is being judged, and the transaction in which its hash is replaced."""

    password: str
    upgrade: ExitStack


_judgement: ContextVar[_Judgement | None] = ContextVar("authkit_judgement", default=None)


@contextmanager
def guard_rehash(password: str) -> Iterator[None]:
    """See that what is called in here to judge a password brings no former one back.

    Where the password has been changed while it was hashed anew, ``authenticate()`` finds
    nobody, and ``check_password()`` raises ``PermissionDenied``. Nothing is written then.
    """
    with ExitStack() as upgrade:
        token = _judgement.set(_Judgement(password, upgrade))
        try:
            yield
        finally:
            _judgement.reset(token)


@receiver(pre_save, sender=settings.AUTH_USER_MODEL, dispatch_uid="authkit.passwords.begin_rehash")
def begin_rehash(
    sender: type[Model],
    instance: Any,
    using: str,
    update_fields: frozenset[str] | None,
    **kwargs: Any,
) -> None:
    """Receive ``pre_save`` of the user model.

    An upgrade names the password among what it saves, whatever a model's save() adds. Django
    has it forget the raw one before; what a backend sets itself is a change, and remembers it.
    """
    judgement = _judgement.get()
    if judgement is None or "password" not in (update_fields or ()) or instance._password:
        return
    rows: Any = sender._base_manager.using(using).filter(pk=instance.pk)
    while True:
        stored = rows.first()
        _judge_again(stored, instance, judgement.password)
        # Another log-in may have replaced the hash since it was read.
        if retry_on_conflict(partial(_open, judgement.upgrade, stored, instance, using), sender):
            break


@receiver(post_save, sender=settings.AUTH_USER_MODEL, dispatch_uid="authkit.passwords.end_rehash")
def end_rehash(**kwargs: Any) -> None:
    """Receive ``post_save`` of the user model."""
    judgement = _judgement.get()
    if judgement is not None:
        judgement.upgrade.close()


def _judge_again(stored: Any, instance: Any, password: str) -> None:
    """Refuse an upgrade of what is the password no more; take over the hash of another one."""
    if stored is None:
        raise PermissionDenied
    right, is_outdated = verify_password(password, stored.password)
    # Of a password that a backend, or the model, alters before it is hashed nothing can be said.
    if not right and check_password(password, instance.password):
        raise PermissionDenied
    if right and not is_outdated:
        # Another log-in has just upgraded it, and has a session that knows its hash.
        instance.password = stored.password


def _open(upgrade: ExitStack, stored: Any, instance: Any, using: str) -> bool:
    """Open the transaction of an upgrade, unless the hash is not the stored one any more.

    :param upgrade: what closes it.
    """
    with ExitStack() as opened:
        opened.enter_context(transaction.atomic(using=using))
        held = lock_if_unchanged(stored, stored.password, using)
        if held:
            keep_sessions(stored, instance)
            upgrade.enter_context(opened.pop_all())
    return held
