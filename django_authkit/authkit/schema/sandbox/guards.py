"""The sandbox: the project's code is run, and can neither change nor reach anything outside.

Every side effect that a permission, an authenticator or a middleware tries is blocked and recorded.
Only the context of the probe is blocked: other threads of the process go on as before.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any

from asgiref.local import Local
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.mail import EmailMessage
from django.core.mail.backends import console, filebased, locmem, smtp
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from authkit.schema.sandbox.answers import ANONYMOUS, Answer, Caller, Gate, Verdict
from authkit.schema.sandbox.origin import origin

#: Events of PEP 578 by which something leaves the process.
LEAVING = frozenset(
    {
        "os.exec",
        "os.posix_spawn",
        "os.system",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.sendmsg",
        "socket.sendto",
        "subprocess.Popen",
    }
)

#: Task queues: module, class, and the method in which every way of queueing ends.
QUEUES = (
    ("celery.app.base", "Celery", "send_task"),
    ("celery.app.task", "Task", "apply_async"),
    ("django.tasks.base", "Task", "enqueue"),
    ("django.tasks.base", "Task", "aenqueue"),
)

#: The ways of mail. What another backend sends by itself, it sends through a socket.
MAIL: tuple[tuple[Any, str], ...] = (
    (EmailMessage, "send"),
    (console.EmailBackend, "send_messages"),
    (filebased.EmailBackend, "send_messages"),
    (locmem.EmailBackend, "send_messages"),
    (smtp.EmailBackend, "send_messages"),
)

#: ``SET SESSION`` is how Django greets a new connection to MySQL.
READING = re.compile(
    r"[\s(]*(SELECT|WITH|SAVEPOINT|RELEASE|ROLLBACK|EXPLAIN|SHOW|SET SESSION TRANSACTION)\b", re.I
)
#: A statement that begins like one that reads, and writes: into a table, or after a semicolon.
WRITING = re.compile(r"\bINTO\b|^[\s(]*WITH\b.*\b(UPDATE|DELETE|MERGE)\b|;\s*\S", re.I | re.S)


class BlockedStatement(DatabaseError):
    """Raised inside the project's code when it executes SQL that is not allowed."""


class BlockedConnection(ConnectionError):
    """Raised inside the project's code when it opens a connection, sends mail or queues a task."""


class Watch:
    """The side effects that the probed code has tried.

    ``asked``, ``read`` and ``reached`` belong to one question: whether the database was asked where
    that is not allowed, whether it was read where it is, and what would have left the process.
    """

    def __init__(self, *, reads: bool) -> None:
        self.reads = reads
        self.attempts: list[str] = []
        self.next_question()

    def next_question(self) -> None:
        self.asked = self.read = False
        self.reached = ""

    def note(self, attempt: str) -> None:
        by = origin()
        self.attempts.append(f"{attempt} in {by}" if by else attempt)

    def statement(self, sql: str) -> None:
        """Raise ``BlockedStatement`` unless *sql* may be executed."""
        if not READING.match(sql) or WRITING.search(sql):
            self.note(f"writes to the database ({' '.join(sql.split()[:3])})")
        elif self.reads:
            self.read = True
            return
        self.asked = True
        raise BlockedStatement("the database is not asked here")

    def connection(self) -> None:
        if not self.reads:
            self.asked = True
            raise BlockedStatement("no connection to a database is opened here")

    def leaves(self, what: str) -> None:
        self.note(what)
        self.reached = what
        raise BlockedConnection(f"nothing leaves here: {what}")


_watch: ContextVar[Watch | None] = ContextVar("authkit.schema.sandbox.guards", default=None)
_house = threading.RLock()


@contextmanager
def watching(*, reads: bool = False) -> Iterator[Watch]:
    """Refuse to the code of this context what it may not do. *reads* allows reading SQL.

    What refused statements, and functions to call on commit, did to open transactions is undone.
    """
    watch = Watch(reads=reads)
    token = _watch.set(watch)
    opened: list[Any] = [
        (one, one.needs_rollback, one.rollback_exc, list(one.run_on_commit))
        for one in opened_connections()
    ]
    try:
        yield watch
    finally:
        for one, needs_rollback, error, functions in opened:
            one.needs_rollback, one.rollback_exc = needs_rollback, error
            one.run_on_commit = functions
        _watch.reset(token)


def opened_connections() -> list[Any]:
    return list(connections.all(initialized_only=True))


@contextmanager
def sandboxed() -> Iterator[None]:
    """Put the guards in their places. They let everything pass that is not being watched."""
    _hear_events()
    with _house, ExitStack() as stack:
        for owner, name, guard in _guards():
            stack.enter_context(replaced(owner, name, guard))
        stack.enter_context(_no_cache())
        yield


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Give *owner* another attribute for a while; an inherited one is inherited again after."""
    own = vars(owner)
    had, before = name in own, own.get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if had:
            setattr(owner, name, before)
        else:
            delattr(owner, name)


def _guards() -> Iterator[tuple[Any, str, Any]]:
    """Yield the methods to guard, and what each does first for code that is being watched."""
    cursor: Any = CursorWrapper
    yield _guard(cursor, "_execute_with_wrappers", _see_statement)
    yield _guard(cursor, "callproc", _see_call)
    yield _guard(BaseDatabaseWrapper, "ensure_connection", lambda watch, *_: watch.connection())
    yield _guard(threading.Thread, "start", lambda _, thread: _take_along(thread))
    for owner, method in MAIL:
        yield _guard(owner, method, lambda watch, *_: watch.leaves("sends mail"))
    for module, name, method in QUEUES:
        owner = getattr(sys.modules.get(module), name, None)
        if owner is not None:
            yield _guard(owner, method, lambda watch, *_: watch.leaves("queues a task"))
    # The invalid credentials of the probe are no attack, which the security log would report.
    forgery: Any = sys.modules.get("authkit.sessions.forgery")
    if forgery is not None:
        note = forgery.note_forgery
        yield forgery, "note_forgery", lambda *args: None if _watch.get() else note(*args)


def _guard(owner: Any, name: str, first: Callable[..., None]) -> tuple[Any, str, Any]:
    original = getattr(owner, name)

    def guarded(*args: Any, **kwargs: Any) -> Any:
        if (watch := _watch.get()) is not None:
            first(watch, *args)
        return original(*args, **kwargs)

    return owner, name, guarded


def _see_statement(watch: Watch, cursor: Any, sql: Any, *args: Any) -> None:
    watch.statement(str(sql))


def _see_call(watch: Watch, cursor: Any, name: str, *args: Any) -> None:
    watch.statement(f"CALL {name}")


def _take_along(thread: threading.Thread) -> None:
    # A thread has the restrictions of the code that started it.
    vars(thread)["run"] = partial(copy_context().run, thread.run)


@contextmanager
def _no_cache() -> Iterator[None]:
    # Held per thread, as Django's own connections to caches are: other threads keep theirs.
    with replaced(caches, "_connections", Local(caches.thread_critical)):
        for alias in caches.settings:
            caches[alias] = DummyCache("", {})
        yield


_hearing: list[bool] = []


def _hear_events() -> None:
    # An audit hook cannot be removed. It does nothing outside of the sandbox.
    if not _hearing:
        _hearing.append(True)
        sys.addaudithook(_event)


def _event(event: str, args: tuple[Any, ...]) -> None:
    if event in LEAVING and (watch := _watch.get()) is not None:
        watch.leaves(f"reaches out ({event})")


@dataclass(frozen=True)
class TrustedGate:
    """A gate whose answers count only if the sandbox blocked nothing that led to them.

    Code that was denied the database or the network may answer otherwise in production, however it
    handles the error.
    """

    gate: Gate
    watch: Watch

    def answer(self, caller: Caller) -> Answer:
        answer = trusted_answer(self.watch, partial(self.gate.answer, caller))
        if answer.verdict is Verdict.REFUSED and caller != ANONYMOUS and self.watch.read:
            said = "a permission asks the database, and refuses a caller who is not in it"
            return Answer(Verdict.UNKNOWN, said=said)
        return answer


def trusted_answer(watch: Watch, question: Callable[[], Answer]) -> Answer:
    """Return the answer to *question*, unknown if something was blocked on the way."""
    watch.next_question()
    answer = question()
    if watch.asked and not watch.reads:
        return Answer(Verdict.UNKNOWN, said="a permission or an authenticator asks the database")
    if watch.reached and answer.verdict is not Verdict.UNKNOWN:
        said = f"a permission or an authenticator {watch.reached}, which is refused here"
        return Answer(Verdict.UNKNOWN, said=said)
    return answer
