"""The MIME message of a mail: no transfer encoding breaks its links."""

from __future__ import annotations

from email.message import MIMEPart
from typing import Any

from django.core.mail import EmailMultiAlternatives

#: Octets of a line, without its end (RFC 5322 section 2.1.1).
MAX_LINE = 998


class MailMessage(EmailMultiAlternatives):
    """A mail whose text is 7bit or 8bit, as Django sends it up to 5.2.

    From Django 6.0 on, a text with a line of more than 78 characters is quoted-printable or Base64.
    Mail programs decode it. In what the console, a file or a debugging server shows, the link is
    cut in two by ``=`` and contains ``=3D``, or cannot be read.
    """

    def message(self, **options: Any) -> Any:
        message: Any = super().message(**options)
        for part in message.walk():
            # Django 5.2 makes parts of another class.
            if isinstance(part, MIMEPart) and part.get_content_maintype() == "text":
                _keep_lines(part)
        return message


def _keep_lines(part: MIMEPart) -> None:
    """Encode a text again, by the longest line that is allowed instead of the recommended one."""
    text, charset = part.get_content(), part.get_content_charset("utf-8")
    if max(map(len, text.encode(charset).splitlines()), default=0) <= MAX_LINE:
        recommended = part.policy
        part.policy = recommended.clone(max_line_length=MAX_LINE)
        part.set_content(text, subtype=part.get_content_subtype(), charset=charset)
        part.policy = recommended  # the headers keep it
