"""What opening the link of a mail does. No HTTP here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from authkit.accounts.confirmed import email_change
from authkit.accounts.confirmed.first_password import choose_first_password
from authkit.accounts.email_verification import verify_email
from authkit.accounts.profile import delete_confirmed
from authkit.accounts.registration import complete, find_registration
from authkit.core.identity import one_time_links
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import FoundLink
from authkit.errors import LinkInvalid

#: By purpose; each is given the link, and the password of the body.
_LINKS: Mapping[Purpose, Callable[[FoundLink, str | None], None]] = {
    Purpose.EMAIL_VERIFICATION: verify_email,
    Purpose.EMAIL_CHANGE_CONFIRMATION: email_change.confirm,
    Purpose.EMAIL_CHANGE: email_change.change,
    Purpose.EMAIL_CHANGE_STOP: email_change.stop,
    Purpose.EMAIL_CHANGE_UNDO: email_change.undo,
    Purpose.DELETION_CONFIRMATION: delete_confirmed,
    Purpose.FIRST_PASSWORD: choose_first_password,
}


def open_link(token: str, password: str | None = None) -> None:
    """Complete a registration, a verification or a change of e-mail address; stop or undo one.

    Or confirm what an account requests that has no other proof.

    :param password: of the account; required for registration, verification and a first password.
    :raises LinkInvalid: the token is unknown, expired or used (replay).
    :raises AlreadyTaken: another user has taken the e-mail address or the user name.
    :raises AccountInUse: the account that should be deleted is referred to.
    """
    registration = find_registration(token)
    if registration is not None:
        complete(registration, password)
        return
    for purpose, follow in _LINKS.items():
        found = one_time_links.find(purpose, token)
        if found is not None and found.user.is_active:
            follow(found, password)
            return
    raise LinkInvalid
