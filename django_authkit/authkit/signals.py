"""Signals for others. Nothing in authkit depends on a receiver.

``session_started``, ``session_ended`` and ``refresh_token_reused`` are sent by the
``Session`` class with

* ``session``: the :class:`authkit.models.Session`
* ``reason`` (``session_ended`` only): ``"log_out"``, ``"ended_by_user"``,
  ``"ended_by_administrator"`` or ``"token_reused"``.
  ``session_ended`` is not sent for sessions that end by themselves: by age, or because the
  user's password changed.

``password_changed``, ``password_reset``, ``second_factor_enabled``, ``second_factor_disabled``,
``account_registered``, ``email_changed`` and ``account_deleted`` are sent by the class of the
user with

* ``user``: the user, saved; or deleted, and as it was before.

``security_event`` is sent for all of these and everything else that is recorded, by the class
``Event`` with

* ``event``: the :class:`authkit.signals.Event`

A receiver that raises is logged by Django and changes nothing.

The new state has been written when a signal is sent. Under a transaction of the caller's
own it may still be rolled back: use ``transaction.on_commit`` to tell the outside world.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an account, or was tried. Never a secret in it."""

    kind: str
    user_id: Any
    session_id: UUID | None
    ip: str | None
    user_agent: str
    facts: Mapping[str, Any]
    created_at: datetime


security_event = Signal()
session_started = Signal()
session_ended = Signal()
refresh_token_reused = Signal()
password_changed = Signal()
password_reset = Signal()
second_factor_enabled = Signal()
second_factor_disabled = Signal()
account_registered = Signal()
email_changed = Signal()
account_deleted = Signal()
