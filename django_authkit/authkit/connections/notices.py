"""What may end a connection is announced: to the connections here, and to other processes."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from django.conf import settings
from django.db import router, transaction
from django.db.models.signals import post_delete, post_save

from authkit.api_keys.models import APIKey
from authkit.connections import registry
from authkit.connections.registry import target
from authkit.connections.watcher import watcher
from authkit.sessions.models import Session
from authkit.signals import Event, security_event

#: The events after which sessions or keys may have ended, by what has.
OF_SESSIONS = {"session_ended", "token_reused"}
OF_KEYS = {"api_key_changed", "api_key_revoked", "api_key_rotated"}
OF_USERS = {
    "account_deleted",
    "email_change_undone",
    "password_changed",
    "password_reset",
    "second_factor_disabled",
    "second_factor_enabled",
    "sessions_ended",
}

#: A log-in writes this column alone, and ends nothing.
_HARMLESS = {"last_login"}


def connect() -> None:
    """Follow what changes in this process. Called once, when Django starts."""
    security_event.connect(follow_event, sender=Event, dispatch_uid="authkit.realtime")
    for signal in (post_save, post_delete):
        signal.connect(
            follow_user, sender=settings.AUTH_USER_MODEL, dispatch_uid="authkit.realtime.user"
        )
        signal.connect(follow_key, sender=APIKey, dispatch_uid="authkit.realtime.key")


def follow_event(event: Event, **kwargs: Any) -> None:
    if event.kind in OF_SESSIONS and event.session_id is not None:
        announce([target("session", event.session_id)])
    elif event.kind in OF_KEYS:
        announce([target("key", event.facts["api_key"])])
    elif event.kind in OF_USERS and event.user_id is not None:
        announce([target("user", event.user_id)])


def follow_user(
    instance: Any,
    created: bool = False,
    update_fields: Collection[str] | None = None,
    **kwargs: Any,
) -> None:
    is_harmless = update_fields is not None and _HARMLESS.issuperset(update_fields)
    if not created and not is_harmless and instance.pk is not None:
        announce([target("user", instance.pk)])


def follow_key(instance: APIKey, created: bool = False, **kwargs: Any) -> None:
    if not created:
        announce([target("key", instance.pk)])


def announce(targets: Collection[str]) -> None:
    """Re-validate what depends on these rows once the change is committed, in every process."""
    if registry.is_empty() and not _others():
        registry.announced(targets)  # for a handshake that is being answered
        return
    transaction.on_commit(
        partial(_announce, targets), using=router.db_for_write(Session), robust=True
    )


def _announce(targets: Collection[str]) -> None:
    watcher.check(registry.announced(targets))
    if _others():
        watcher.tell(targets)


def _others() -> bool:
    """Say whether there may be processes that a channel layer reaches."""
    return bool(getattr(settings, "CHANNEL_LAYERS", None))
