"""The task of Django's tasks framework that sends mails; imported where a project has a worker."""

from __future__ import annotations

from django.tasks import task

from authkit.core.mail.mailer import deliver_sealed


@task
def deliver_mail(sealed: str) -> None:
    """Send a sealed batch. It never fails, so that no result stores a traceback."""
    deliver_sealed(sealed)
