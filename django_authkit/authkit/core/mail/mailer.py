"""Mails that no response waits for.

A mail is a name and the context of its templates: ``authkit/mail/<name>.subject.txt``,
``<name>.txt`` and ``<name>.html``. It is queued when the transaction, if any, has
committed: for a worker where the project has one (Django's tasks framework), else for a thread of
this process. Equal work for no mail as for several prevents user enumeration by timing, also with
a mail server that is slow or down.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from threading import BoundedSemaphore
from typing import Any

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connections, router, transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables

from authkit.conf import conf
from authkit.core import crypto
from authkit.core.http.security_log import note
from authkit.core.identity.users import AuthUser, email_of, username_of
from authkit.core.mail.language import language_for
from authkit.core.mail.message import MailMessage

#: How many batches of a process are sent at the same time, and how many more may wait.
SENDERS = 4
MOST_WAITING = 1000

#: The context under which batches in a worker's queue are sealed: their links are credentials.
SEAL_CONTEXT = "authkit.mail"

#: Backends without a network. They send before the response, since they cannot delay it.
_IMMEDIATE = {
    f"django.core.mail.backends.{name}.EmailBackend"
    for name in ("console", "dummy", "filebased", "locmem")
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to the e-mail ``to``; the values of ``context`` are JSON.

    ``reader`` is the user who gets it, for the language; None where there is no account yet.
    """

    name: str
    to: str = field(repr=False)
    context: Mapping[str, Any] = field(repr=False)
    reader: AuthUser | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class RenderedMail:
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


def send(name: str, to: str, context: Mapping[str, Any], reader: AuthUser | None = None) -> None:
    """Send a mail when the transaction, if any, has committed.

    A failure is logged (``mail_failed``), not raised, and does not change the response.
    """
    send_all([Mail(name, to, context, reader)])


def send_all(mails: Sequence[Mail]) -> None:
    """Send mails in one batch. An empty batch is queued too (user enumeration by timing)."""
    batch = {"mails": [_as_json(mail) for mail in mails]}
    using = router.db_for_write(get_user_model())
    transaction.on_commit(partial(_hand_over, batch), using=using)


def tell_owner(user: AuthUser, name: str, **context: Any) -> None:
    """Send a mail to the owner of an account, if it has an e-mail."""
    email = email_of(user)
    if email:
        send(name, email, {"username": username_of(user), **context}, user)


def render(name: str, context: Mapping[str, Any]) -> RenderedMail:
    """Return the parts of a mail in the active language; the subject is one line."""
    values = {"site_name": conf.SITE_NAME, **context}
    subject = render_to_string(f"authkit/mail/{name}.subject.txt", values)
    return RenderedMail(
        # A line break would begin another header (header injection).
        subject=" ".join(subject.split()),
        text=render_to_string(f"authkit/mail/{name}.txt", values).strip() + "\n",
        html=render_to_string(f"authkit/mail/{name}.html", values),
    )


@sensitive_variables()
def deliver_sealed(sealed: str) -> None:
    """Send a batch in a worker. Every failure is logged, and none is raised."""
    try:
        batch = json.loads(crypto.unseal(sealed, context=SEAL_CONTEXT))
    except crypto.CannotUnseal:
        note("mail_failed", error="CannotUnseal")
        return
    _deliver(batch)


def _as_json(mail: Mail) -> dict[str, Any]:
    # The language now: the account may be deleted, and the request over, when it is sent.
    language = language_for(mail.name, mail.reader)
    return {"name": mail.name, "to": mail.to, "context": mail.context, "language": language}


@sensitive_variables()
def _hand_over(batch: Mapping[str, Any]) -> None:
    try:
        if _has_tasks():
            enqueue = import_string("authkit.core.mail.task.deliver_mail").enqueue
            enqueue(crypto.seal(json.dumps(batch).encode(), context=SEAL_CONTEXT))
        elif _backend() in _IMMEDIATE:
            _deliver(batch)
        else:
            _senders(os.getpid()).submit(batch)
    except Exception as error:  # a broker has errors of its own
        _record_failure(error)


def _has_tasks() -> bool:
    """Say whether the project has a worker: by default, Django runs a task in the caller."""
    if django.VERSION < (6, 0):
        return False
    backend = settings.TASKS["default"]["BACKEND"]
    return not str(backend).startswith("django.tasks.backends.immediate.")


def _backend() -> str:
    """Return the mail backend: of ``MAILERS`` in Django 6.1, ``EMAIL_BACKEND`` before."""
    mailers = getattr(settings, "MAILERS", None)
    if mailers is None:
        return settings.EMAIL_BACKEND
    return str(mailers["default"].get("BACKEND", ""))


class _Senders:
    """Threads that send batches; at the end of the process they finish the queue."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(SENDERS, thread_name_prefix="authkit-mail")
        self.room = BoundedSemaphore(SENDERS + MOST_WAITING)

    def submit(self, batch: Mapping[str, Any]) -> None:
        if self.room.acquire(blocking=False):
            self.threads.submit(self._run, batch)
        else:
            note("mail_failed", error="TooManyWaiting")

    def _run(self, batch: Mapping[str, Any]) -> None:
        try:
            _deliver(batch)
        finally:
            self.room.release()
            # A template, or a backend that stores mails, may have opened a connection.
            connections.close_all()


@lru_cache(maxsize=1)
def _senders(pid: int) -> _Senders:
    """Return the threads of this process: a fork does not copy those of its parent."""
    return _Senders()


@sensitive_variables()
def _deliver(batch: Mapping[str, Any]) -> None:
    for mail in batch["mails"]:
        try:
            with translation.override(mail["language"]):
                _send(mail["to"], render(mail["name"], mail["context"]))
        except Exception as error:  # a template's, the server's, a backend's
            _record_failure(error, mail=mail["name"])


def _send(to: str, rendered: RenderedMail) -> None:
    # RFC 3834: automatic responders do not answer this mail.
    headers = {"Auto-Submitted": "auto-generated"}
    message = MailMessage(rendered.subject, rendered.text, to=[to], headers=headers)
    message.attach_alternative(rendered.html, "text/html")
    message.send()


def _record_failure(error: Exception, **facts: Any) -> None:
    # Neither message nor traceback: both may contain the e-mail or the link.
    note("mail_failed", error=type(error).__name__, **facts)
