"""Signals for others. Nothing in authkit depends on a receiver.

``session_started``, ``session_ended`` and ``refresh_token_reused`` are sent by the
``Session`` class with

* ``session``: the :class:`authkit.models.Session`
* ``reason`` (``session_ended`` only): ``"log_out"``, ``"ended_by_user"`` or ``"token_reused"``.
  ``session_ended`` is not sent for sessions that end by themselves: by age, or because the
  user's password changed.

``password_changed``, ``second_factor_enabled`` and ``second_factor_disabled`` are sent by
the class of the user with

* ``user``: the user, saved.

The new state has been written when a signal is sent. Under a transaction of the caller's
own it may still be rolled back: use ``transaction.on_commit`` to tell the outside world.
"""

from django.dispatch import Signal

session_started = Signal()
session_ended = Signal()
refresh_token_reused = Signal()
password_changed = Signal()
second_factor_enabled = Signal()
second_factor_disabled = Signal()
