"""Links of any length: whole on a line of their own, received or copied from what is printed."""

import email
import os
import socket
from email import policy

import django
import pytest
from aiosmtpd.controller import Controller
from authkit.core.mail import mailer as mail
from authkit.core.mail.mailer import Mail, send_all
from authkit.core.mail.message import MAX_LINE, MailMessage
from authkit.core.mail.samples import SAMPLES
from django.core import mail as django_mail
from django.test import override_settings
from django.utils import translation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mailers")]

TOKEN = "7n_-" * 10 + "Zq9"
LINKS = {
    "short": f"https://app.example.com/c#token={TOKEN}",
    "long host": f"https://{'accounts.' * 20}example.com/reset#uid=MTIzNDU2&token={TOKEN}",
    "percent and equals signs": f"https://app.example.com/?next=%2Fa%3Db&uid=MQ==&token={TOKEN}",
    "IDN": f"https://konten.bücherei.example/bestätigen?uid=MQ&token={TOKEN}",
    "IDN in ASCII": f"https://{'xn--bcherei-n2a.' * 6}example/confirm#uid=MQ&token={TOKEN}",
}
LANGUAGES = ["en", "de", "es", "fr", "pt", "pt-br", "zh-hans", "ar"]
WITH_LINK = [name for name in SAMPLES if "link" in SAMPLES[name]]


def use(settings, backend, **options):
    """Send by this backend of Django, with these options of ``MAILERS``."""
    path = f"django.core.mail.backends.{backend}.EmailBackend"
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": path, "OPTIONS": options}}
        return
    settings.EMAIL_BACKEND = path
    names = {"file_path": "EMAIL_FILE_PATH", "host": "EMAIL_HOST", "port": "EMAIL_PORT"}
    for name, value in options.items():
        setattr(settings, names[name], value)


class Inbox:
    """An SMTP server that keeps what it receives, as it came."""

    def __init__(self):
        self.raw = []

    async def handle_DATA(self, server, session, envelope):
        self.raw.append(envelope.content)
        return "250 OK"


@pytest.fixture
def by_console(settings, capsysbinary):
    use(settings, "console")
    return lambda: capsysbinary.readouterr().out


@pytest.fixture
def by_file(settings, tmp_path):
    use(settings, "filebased", file_path=str(tmp_path))
    return lambda: b"".join(path.read_bytes() for path in tmp_path.iterdir())


@pytest.fixture
def by_locmem(mailoutbox):
    return lambda: b"".join(message.message().as_bytes() for message in mailoutbox)


@pytest.fixture
def by_smtp(settings):
    inbox = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    use(settings, "smtp", host="127.0.0.1", port=port)
    mail._senders.cache_clear()

    def received():
        mail._senders(os.getpid()).threads.shutdown()
        mail._senders.cache_clear()
        return b"".join(inbox.raw)

    yield received
    controller.stop()


def with_link(name, link):
    return Mail(name, "ann@example.com", SAMPLES[name] | {"link": link}, None)


def body_of(raw):
    """Return the text as a mail program shows it."""
    part = email.message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    return part.get_content().splitlines()


@pytest.fixture(params=["console", "file", "locmem", "smtp"])
def sent(request):
    """A function that returns the octets of the mails that were sent since."""
    return request.getfixturevalue(f"by_{request.param}")


@pytest.mark.parametrize("language", ["en", "de", "ar"])
@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_a_link_is_whole_on_its_own_line_raw_and_decoded(sent, settings, link, language):
    settings.LANGUAGE_CODE = language
    send_all([with_link("email_changed", link)])
    raw = sent()
    assert link.encode() in raw.splitlines()
    assert body_of(raw).count(link) == 1
    assert max(map(len, raw.splitlines())) <= MAX_LINE


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", WITH_LINK)
def test_so_is_that_of_every_mail_in_every_language(by_locmem, name, language):
    for link in LINKS.values():
        with translation.override(language), override_settings(LANGUAGE_CODE=language):
            send_all([with_link(name, link)])
        raw = by_locmem()
        django_mail.outbox.clear()
        assert link.encode() in raw.splitlines()
        assert body_of(raw).count(link) == 1


def test_a_line_beyond_what_smtp_allows_is_still_folded():
    text = "word " * 300 + "\n\n" + LINKS["short"] + "\n"
    raw = MailMessage("Subject", text, to=["ann@example.com"]).message().as_bytes()
    assert max(map(len, raw.splitlines())) <= 76 + len(LINKS["short"])
    assert body_of(raw) == text.splitlines()


def test_a_header_keeps_its_recommended_length():
    message = MailMessage("Schlüssel " * 40, LINKS["long host"], to=["ann@example.com"])
    head = message.message().as_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    assert max(map(len, head.splitlines())) <= 78
