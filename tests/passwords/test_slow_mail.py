"""Servers of mail that are slow, refuse or hang: their timing allows no user enumeration.

A real server on the loopback, and SMTP. Nothing is measured in seconds: the server answers when
the test lets it, and every answer of ours has to be there before that.
"""

import os
import socket
import threading
from contextlib import contextmanager
from datetime import timedelta

import django
import pytest
from aiosmtpd.controller import Controller
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import issue
from authkit.core.mail import mailer as mail
from authkit.passwords.reset import uid_of

from tests.passwords.conftest import LINK

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESSES = ["reader@example.com", "nobody@example.com", "idle@example.com", "reader@example.com"]


class SlowServer:
    """Takes mails when it is let; until then it keeps its clients waiting."""

    def __init__(self):
        self.open = threading.Event()
        self.connected = threading.Event()
        self.taken, self.refusal = [], None

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connected.set()
        await server.loop.run_in_executor(None, self.open.wait, 60)
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.taken.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


@contextmanager
def sending_to(settings, port):
    """Send by SMTP to this port, from threads of the test's own."""
    options = {"host": "127.0.0.1", "port": port, "timeout": 60}
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": smtp, "OPTIONS": options}}
    else:
        settings.EMAIL_BACKEND = smtp
        settings.EMAIL_HOST, settings.EMAIL_PORT = options["host"], port
        settings.EMAIL_TIMEOUT = options["timeout"]
    mail._senders.cache_clear()
    try:
        yield
    finally:
        all_sent()
        mail._senders.cache_clear()


def all_sent():
    mail._senders(os.getpid()).threads.shutdown()


@pytest.fixture
def server(settings):
    handler = SlowServer()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        with sending_to(settings, port):
            yield handler
            handler.open.set()
    finally:
        handler.open.set()
        controller.stop()


@pytest.fixture
def people(reader, make_reader):
    make_reader("idle", is_active=False)


def ask_all(forgetful):
    return {
        (answer.status_code, answer.content, tuple(answer.headers.items()))
        for answer in map(forgetful.ask, ADDRESSES)
    }


def test_every_answer_is_there_before_the_server_says_a_word(people, forgetful, server):
    answers = ask_all(forgetful)
    assert server.connected.wait(60)
    assert server.taken == []
    assert len(answers) == 1
    server.open.set()
    all_sent()
    assert [to for to, _ in server.taken] == [["reader@example.com"]] * 2
    assert all(LINK.split("#")[0] in content for _, content in server.taken)


def test_a_server_that_refuses_is_in_the_log_and_nowhere_else(
    people, forgetful, server, security_log, caplog
):
    server.refusal = "550 no such reader@example.com here"
    server.open.set()
    assert len(ask_all(forgetful)) == 1
    all_sent()
    assert server.taken == []
    failed = [facts["error"] for _, facts in security_log("mail_failed")]
    assert failed == ["SMTPRecipientsRefused"] * 2
    assert "reader@example.com" not in caplog.text
    assert "token=" not in caplog.text


def test_neither_is_a_server_that_is_not_there(people, forgetful, settings, security_log):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        with sending_to(settings, taken.getsockname()[1]):
            assert len(ask_all(forgetful)) == 1
    failed = [facts["error"] for _, facts in security_log("mail_failed")]
    assert failed == ["ConnectionRefusedError"] * 2


def test_a_confirmation_does_not_wait_either(reader, forgetful, server):
    address = "reader@example.com"
    [token] = issue(Purpose.PASSWORD_RESET, [(reader, address)], timedelta(minutes=30))
    link = {"uid": uid_of(reader), "token": token}
    assert forgetful.confirm(link, "another correct horse").status_code == 204
    assert server.taken == []
    server.open.set()
    all_sent()
    assert [to for to, _ in server.taken] == [[address]]
