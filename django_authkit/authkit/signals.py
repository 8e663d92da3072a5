"""Signals for the project. authkit itself does not depend on receivers.

``session_started``, ``session_ended`` and ``refresh_token_reused`` are sent by the
``Session`` class with

* ``session``: the :class:`authkit.models.Session`
* ``reason`` (``session_ended`` only): ``"log_out"``, ``"ended_by_user"``,
  ``"ended_by_administrator"``, ``"token_reused"`` or ``"backup_restored"``.
  ``session_ended`` is not sent for sessions that expire, or become invalid because the
  user's password changed.

``password_changed``, ``password_reset``, ``second_factor_enabled``, ``second_factor_disabled``,
``account_registered``, ``email_changed`` and ``account_deleted`` are sent by the class of the
user with

* ``user``: the saved user; for ``account_deleted``, the user as it was before.

``security_event`` is sent for every recorded event, those above included, by the class ``Event``
with

* ``event``: the :class:`authkit.signals.Event`

An exception in a receiver is logged by Django and has no other effect.

Signals are sent after the new state is written. A transaction of the caller may still roll it
back: use ``transaction.on_commit`` before you notify other systems.
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
    """A security event of an account, or a failed attempt. It contains no secrets."""

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
