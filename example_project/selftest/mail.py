import re
from contextlib import contextmanager

import django
from django.conf import settings
from django.core import mail


class Mailbox:
    """The mails of a run, which leave this process no more than anything else does."""

    def subjects_to(self, address):
        return [message.subject for message in mail.outbox if address in message.to]

    def links_to(self, address):
        bodies = [message.body for message in mail.outbox if address in message.to]
        return re.findall(r"https?://\S+", "\n".join(bodies))

    def as_text(self):
        return "\n".join(str(message.message()) for message in mail.outbox)


@contextmanager
def collected_mail():
    name, value = "EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend"
    if django.VERSION >= (6, 1):
        name, value = "MAILERS", {"default": {"BACKEND": value}}
    before = getattr(settings, name)
    setattr(settings, name, value)
    mail.outbox = []
    try:
        yield Mailbox()
    finally:
        setattr(settings, name, before)
