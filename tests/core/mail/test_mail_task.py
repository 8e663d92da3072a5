"""Mails by Django's tasks framework: sent by the worker, and nothing of them in its queue."""

import pytest
from authkit.core.mail.mailer import send
from authkit.core.mail.task import deliver_mail
from django.core.mail import EmailMultiAlternatives
from django.tasks import TaskResultStatus, task_backends

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mailers")]

READER = "reader@example.com"


@pytest.fixture
def queue(settings):
    """What waits for a worker that the test is itself."""
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}
    backend = task_backends["default"]
    backend.clear()
    return backend.results


def test_the_worker_sends_it(queue, mailoutbox):
    send("token_reused", READER, {"link": "https://app.example/#secret"})
    assert mailoutbox == []
    [result] = queue
    assert result.task.module_path == "authkit.core.mail.task.deliver_mail"
    assert "secret" not in repr(result)
    assert READER not in repr(result)
    result.task.call(*result.args, **result.kwargs)
    assert [mail.to for mail in mailoutbox] == [[READER]]


def test_a_worker_that_cannot_send_keeps_no_traceback(queue, monkeypatch, settings, security_log):
    def fail(*args, **kwargs):
        raise OSError("https://app.example/#secret")

    send("token_reused", READER, {})
    [waiting] = queue
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
    monkeypatch.setattr(EmailMultiAlternatives, "send", fail)
    result = deliver_mail.enqueue(*waiting.args)
    assert (result.status, result.errors) == (TaskResultStatus.SUCCESSFUL, [])
    assert [facts["error"] for _, facts in security_log("mail_failed")] == ["OSError"]
