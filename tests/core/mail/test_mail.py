"""Mails: after the commit, once, in three parts, and never in the way of an answer."""

import json
import os
import threading
from smtplib import SMTPException
from types import SimpleNamespace

import django
import pytest
from authkit.core.mail import mailer as mail
from authkit.core.mail.mailer import Mail, send, send_all, tell_owner
from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.test import override_settings
from django.utils import translation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mailers")]

READER = "reader@example.com"


@pytest.fixture
def reader(make_user, monkeypatch):
    """A user with an address, whatever the model."""
    user = make_user("reader")
    monkeypatch.setattr(get_user_model(), "get_email_field_name", lambda *a: "address")
    user.address = READER
    return user


@pytest.fixture
def templates(settings):
    """A function that puts templates before ours."""

    def put(**sources):
        by_path = {
            f"authkit/mail/{name.replace('__', '.')}": source for name, source in sources.items()
        }
        settings.TEMPLATES = [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        ("django.template.loaders.locmem.Loader", by_path),
                        "django.template.loaders.app_directories.Loader",
                    ]
                },
            }
        ]

    return put


@pytest.mark.parametrize("address", ["", None], ids=["empty", "none"])
def test_a_user_without_an_email_gets_no_mail(reader, mailoutbox, address):
    reader.address = address
    tell_owner(reader, "token_reused")
    assert mailoutbox == []


def test_a_user_without_such_a_column_is_not_told(make_user, mailoutbox, monkeypatch):
    monkeypatch.setattr(get_user_model(), "get_email_field_name", lambda *a: "no_such_column")
    tell_owner(make_user(), "token_reused")
    assert mailoutbox == []


def test_the_owner_is_told_in_text_and_html_by_a_machine(reader, mailoutbox):
    tell_owner(reader, "token_reused")
    [message] = mailoutbox
    assert message.to == [READER]
    [(html, kind)] = message.alternatives
    assert (kind, html.lstrip()[:15]) == ("text/html", "<!doctype html>")
    assert message.message()["Auto-Submitted"] == "auto-generated"


def test_it_is_sent_after_the_commit(reader, mailoutbox):
    with transaction.atomic():
        tell_owner(reader, "token_reused")
        assert mailoutbox == []
    assert len(mailoutbox) == 1


def test_it_is_not_sent_after_a_rollback(reader, mailoutbox):
    with transaction.atomic():
        tell_owner(reader, "token_reused")
        transaction.set_rollback(True)
    assert mailoutbox == []


@pytest.mark.parametrize("error", [SMTPException("refused"), OSError("no route"), ValueError("x")])
def test_a_mail_that_cannot_be_sent_is_logged_and_the_next_one_is_sent(
    mailoutbox, monkeypatch, security_log, caplog, error
):
    original = EmailMultiAlternatives.send

    def fail_for_one(message, *args, **kwargs):
        if message.to == ["one@example.com"]:
            raise error
        return original(message, *args, **kwargs)

    monkeypatch.setattr(EmailMultiAlternatives, "send", fail_for_one)
    send_all([Mail("token_reused", f"{name}@example.com", {}, None) for name in ("one", "two")])
    facts = {"event": "mail_failed", "error": type(error).__name__, "mail": "token_reused"}
    assert security_log() == [("ERROR", facts)]
    assert "one@example.com" not in caplog.text
    assert all(record.exc_info is None for record in caplog.records)
    assert [message.to for message in mailoutbox] == [["two@example.com"]]


def test_a_template_that_breaks_is_logged_without_what_it_was_told(
    mailoutbox, templates, security_log, caplog
):
    templates(token_reused__txt="{% include link %}")
    send("token_reused", READER, {"link": "https://app.example/#secret"})
    [(level, facts)] = security_log("mail_failed")
    assert (level, facts["error"]) == ("ERROR", "TemplateDoesNotExist")
    assert "secret" not in caplog.text
    assert mailoutbox == []


def test_a_header_cannot_be_smuggled_in(mailoutbox, templates):
    templates(x__subject__txt="Hello {{ name }}\n\n there\n", x__txt="Text", x__html="<p>")
    send("x", READER, {"name": "a\r\nBcc: all@example.com\x85Cc: b@example.com"})
    [message] = mailoutbox
    assert message.subject == "Hello a Bcc: all@example.com Cc: b@example.com there"
    assert message.recipients() == [READER]


def test_html_is_escaped_and_text_is_not(mailoutbox, templates):
    templates(
        x__subject__txt="{% autoescape off %}{{ name }}{% endautoescape %}",
        x__txt="{% autoescape off %}{{ name }}{% endautoescape %}",
        x__html="<p>{{ name }}</p>",
    )
    send("x", READER, {"name": "<script>&'"})
    [message] = mailoutbox
    assert message.subject == "<script>&'"
    assert message.body == "<script>&'\n"
    assert message.alternatives[0][0] == "<p>&lt;script&gt;&amp;&#x27;</p>"


# --- beside the answer --------------------------------------------------------------------


class Gate:
    """A mail backend whose server answers when the test lets it."""

    def __init__(self):
        self.open = threading.Event()
        self.threads, self.to = [], []

    def send(self, message, *args, **kwargs):
        assert self.open.wait(60)
        self.threads.append(threading.current_thread())
        self.to += message.to


@pytest.fixture
def gate(monkeypatch):
    gate = Gate()
    monkeypatch.setattr(mail, "_backend", lambda: "project.backends.OverTheNetwork")
    monkeypatch.setattr(EmailMultiAlternatives, "send", lambda *a, **k: gate.send(*a, **k))
    mail._senders.cache_clear()
    yield gate
    gate.open.set()
    mail._senders(os.getpid()).threads.shutdown()
    mail._senders.cache_clear()


def finish(gate):
    gate.open.set()
    mail._senders(os.getpid()).threads.shutdown()


def test_no_request_waits_for_a_slow_mail_server(gate):
    send("token_reused", READER, {})
    assert gate.to == []
    finish(gate)
    assert gate.to == [READER]
    assert threading.current_thread() not in gate.threads


def test_no_mail_at_all_is_handed_over_too(gate, monkeypatch):
    handed = []
    monkeypatch.setattr(mail._Senders, "submit", lambda self, batch: handed.append(batch["mails"]))
    send_all([])
    send_all([Mail("token_reused", READER, {}, None)] * 2)
    assert [len(mails) for mails in handed] == [0, 2]


def test_more_than_can_wait_are_dropped_and_logged(gate, monkeypatch, security_log):
    monkeypatch.setattr(mail, "SENDERS", 1)
    monkeypatch.setattr(mail, "MOST_WAITING", 2)
    for number in range(5):
        send("token_reused", f"reader{number}@example.com", {})
    finish(gate)
    assert gate.to == [f"reader{number}@example.com" for number in range(3)]
    expected = ("ERROR", {"event": "mail_failed", "error": "TooManyWaiting"})
    assert security_log("mail_failed") == [expected] * 2


def test_a_process_that_forks_has_threads_of_its_own(gate):
    assert mail._senders(1) is mail._senders(1)
    assert mail._senders(1) is not mail._senders(2)


def test_the_backend_is_the_one_that_django_sends_with(settings):
    assert mail._backend() == "django.core.mail.backends.locmem.EmailBackend"
    settings.MAILERS = {"default": {}}
    assert mail._backend() == ""


def test_before_mailers_the_backend_is_email_backend(monkeypatch):
    backend = "project.backends.OverTheNetwork"
    monkeypatch.setattr(mail, "settings", SimpleNamespace(EMAIL_BACKEND=backend))
    assert mail._backend() == backend


# --- a worker -----------------------------------------------------------------------------


class Broker:
    """What `@task` makes of a function, as far as we use it."""

    def __init__(self):
        self.queue = []

    def enqueue(self, sealed):
        self.queue.append(sealed)


@pytest.fixture
def broker(monkeypatch):
    broker = Broker()
    monkeypatch.setattr(mail, "_has_tasks", lambda: True)
    monkeypatch.setattr(mail, "import_string", lambda path: broker)
    return broker


def test_a_task_holds_the_mail_encrypted(broker, mailoutbox):
    with translation.override("de"):
        send("token_reused", READER, {"link": "https://app.example/#secret"})
    [sealed] = broker.queue
    assert mailoutbox == []
    assert "secret" not in json.dumps(sealed)
    assert "reader" not in sealed
    mail.deliver_sealed(sealed)
    assert [message.to for message in mailoutbox] == [[READER]]


def test_a_queue_that_was_tampered_with_sends_nothing(broker, mailoutbox, security_log):
    send("token_reused", READER, {})
    key_id, _, value = broker.queue[0].partition(".")
    mail.deliver_sealed(f"{key_id}.{value[:-8]}AAAAAAA=")
    assert mailoutbox == []
    assert security_log() == [("ERROR", {"event": "mail_failed", "error": "CannotUnseal"})]


def test_a_broker_that_is_down_is_logged_and_no_more(broker, monkeypatch, security_log):
    def fail(sealed):
        raise ConnectionError("redis://user:password@broker.example refused")

    monkeypatch.setattr(broker, "enqueue", fail)
    send("token_reused", READER, {})
    assert security_log() == [("ERROR", {"event": "mail_failed", "error": "ConnectionError"})]


@override_settings(TASKS={"default": {"BACKEND": "project.tasks.Worker"}})
def test_a_project_has_a_worker_where_django_has_tasks(monkeypatch):
    for version, has_tasks in {(5, 2): False, (6, 0): True, (6, 1): True}.items():
        monkeypatch.setattr(django, "VERSION", version)
        assert mail._has_tasks() is has_tasks


@override_settings(
    TASKS={"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
)
def test_a_backend_that_is_the_caller_itself_is_no_worker(monkeypatch):
    monkeypatch.setattr(django, "VERSION", (6, 0))
    assert mail._has_tasks() is False
