"""Log lines of an outage: the first of each second is written, the others are counted.

While a database or a cache is down, every request fails for the same reason. A traceback for each
of them fills the disk (denial of service by logs), and hides what else is written.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.core.signals import request_finished
from django.dispatch import receiver

#: For how many seconds after a line others of its kind are counted instead of written.
PERIOD = 1.0

#: The longest text of an error in a line, in characters.
CAUSE_LENGTH = 300


class Kind(NamedTuple):
    """What counts as the same line, whatever its cause."""

    logger: logging.Logger
    level: int
    sentence: str


@dataclass(slots=True)
class _Count:
    written_at: float
    more: int = 0


_lock = threading.Lock()
_counts: dict[Kind, _Count] = {}


def log_counted(
    logger: logging.Logger, level: int, sentence: str, cause: BaseException | None = None
) -> None:
    """Write a line, at most one for each sentence and second in a process.

    What is counted meanwhile is written with the next line of the sentence, or after the first
    request that ends more than a second later.

    :param sentence: one of few: what differs each time is no part of it.
    :param cause: the error; its class and the first line of its text are written, no traceback.
    """
    if not logger.isEnabledFor(level):
        return
    kind, now = Kind(logger, level, sentence), time.monotonic()
    with _lock:
        count = _counts.get(kind)
        if count is not None and now - count.written_at < PERIOD:
            count.more += 1
            return
        more = count.more if count else 0
        _counts[kind] = _Count(now)
    _write(kind, more, cause)


@receiver(request_finished, dispatch_uid="authkit.counted_log")
def write_counts(**kwargs: Any) -> None:
    """Write how many lines were counted, of the kinds that have not been written for a second."""
    if not _counts:  # the usual case, without the lock
        return
    now = time.monotonic()
    with _lock:
        over = {kind: one for kind, one in _counts.items() if now - one.written_at >= PERIOD}
        for kind in over:
            del _counts[kind]
    for kind, count in over.items():
        if count.more:
            _write(kind, count.more)


def _write(kind: Kind, more: int, cause: BaseException | None = None) -> None:
    line = kind.sentence
    if cause is not None:
        line = f"{line} {described(cause)}"
    if more:
        line = f"{line} … and {more} more like it"
    kind.logger.log(kind.level, "%s", line)


def described(error: BaseException) -> str:
    """Return the class of an error and the first line of its text."""
    text = str(error).strip().partition("\n")[0][:CAUSE_LENGTH]
    name = type(error).__name__
    return f"{name}: {text}" if text else name
