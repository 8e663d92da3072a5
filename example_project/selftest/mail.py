from contextlib import contextmanager

from django.conf import settings
from django.core import mail


class Mailbox:
    """The mails of a run, which leave this process no more than anything else does."""

    def subjects_to(self, address):
        return [message.subject for message in mail.outbox if address in message.to]

    def as_text(self):
        return "\n".join(str(message.message()) for message in mail.outbox)


@contextmanager
def collected_mail():
    before = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    try:
        yield Mailbox()
    finally:
        settings.EMAIL_BACKEND = before
