"""The task of Django's tasks framework that sends mails; only imported where there is one."""

from __future__ import annotations

from django.tasks import task

from authkit.core.mail.mailer import deliver_sealed


@task
def deliver_mail(sealed: str) -> None:
    """Send what was handed over. Never fails, so that no result keeps a traceback."""
    deliver_sealed(sealed)
