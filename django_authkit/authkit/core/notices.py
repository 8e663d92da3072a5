from __future__ import annotations

import logging
from typing import Any

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string

from authkit.core.users import AuthUser

logger = logging.getLogger("authkit.mail")


def tell_owner(user: AuthUser, notice: str, **context: Any) -> None:
    """Send the owner of an account a mail when the transaction, if any, has committed.

    :param notice: the templates ``authkit/mail/<notice>_subject.txt`` and ``<notice>.txt``.

    A user without an e-mail address is not told. A mail that cannot be sent is logged,
    and changes nothing about the answer.
    """
    address = getattr(user, user.get_email_field_name(), "")
    if address:
        transaction.on_commit(lambda: _send(address, notice, {"user": user, **context}))


def _send(address: str, notice: str, context: dict[str, Any]) -> None:
    subject = render_to_string(f"authkit/mail/{notice}_subject.txt", context)
    body = render_to_string(f"authkit/mail/{notice}.txt", context)
    try:
        send_mail(" ".join(subject.split()), body, None, [address])
    except Exception:
        logger.exception("The notice %s could not be sent.", notice)
