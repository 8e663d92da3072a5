"""The mails that a test has caused, and the links in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail import EmailMessage
from django.db import router
from django.test import TestCase

from authkit.conf import conf


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """One mail; ``message`` is Django's."""

    message: EmailMessage

    @property
    def to(self) -> str:
        [email] = self.message.to
        return str(email)

    @property
    def subject(self) -> str:
        return str(self.message.subject)

    @property
    def link(self) -> str:
        """The first link to a page of the project. Raises ``ValueError`` where there is none."""
        return self._match().group()

    @property
    def token(self) -> str:
        """The token of that link."""
        return self._match()["token"]

    @property
    def uid(self) -> str:
        """The ``uid`` of a link that resets a password. Raises ``IndexError`` for another."""
        return self._match()["uid"]

    def _match(self) -> re.Match[str]:
        found = [re.search(page, str(self.message.body)) for page in _pages()]
        match = min(filter(None, found), key=lambda one: one.start(), default=None)
        if match is None:
            raise ValueError(f'The mail "{self.subject}" has no link.')
        return match


@contextmanager
def catch_mails() -> Iterator[list[CaughtMail]]:
    """Collect the mails of a block: the list that it yields is filled at its end.

    In a ``TestCase`` nothing commits, so what waits for the commit, mails among it, is run at the
    end of the block.
    """
    caught: list[CaughtMail] = []
    outbox: list[EmailMessage] = getattr(mail, "outbox", [])
    first = len(outbox)
    using = router.db_for_write(get_user_model())
    with TestCase.captureOnCommitCallbacks(using=using, execute=True):
        yield caught
    caught += map(CaughtMail, outbox[first:])


def _pages() -> list[str]:
    """Return patterns of the URLs that the settings name."""
    urls = [conf.PASSWORD_RESET_URL, conf.EMAIL_VERIFICATION_URL]
    return [_pattern(url) for url in urls if url is not None]


def _pattern(url: str) -> str:
    value = r"(?P<\1>[\\w.~:=%-]+)"
    return re.sub(r"\\{(token|uid|action)\\}", value, re.escape(url))
