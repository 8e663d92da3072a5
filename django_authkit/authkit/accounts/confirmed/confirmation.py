"""Confirmation from the mailbox, for accounts with neither a password nor a second factor.

Their users (single sign-on, log-in by a mailed link) prove in a request no more than a recent
log-in, and its access token can be copied. So moving the e-mail address, deleting the account and
choosing a first password also take a link that is mailed to the present e-mail address. It is bound
to the session that requests it, and to what the account has: an attacker who turns a factor on
gains nothing.
"""

from __future__ import annotations

from collections.abc import Set

from authkit.accounts.availability import email_verification_is_on, link
from authkit.accounts.email_verification import LIFETIME, spend_locked
from authkit.accounts.registration import may_send_mail
from authkit.core import factors
from authkit.core.identity import one_time_links
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import FoundLink
from authkit.core.identity.users import AuthUser, email_of, read_email_again, username_of
from authkit.core.mail.mailer import Mail, send_all
from authkit.errors import LinkInvalid
from authkit.sessions.lock import lock_live_session
from authkit.sessions.models import Session


def needs_confirmation(user: AuthUser, proved: Set[str]) -> bool:
    """Say whether a link has to confirm what this user requests.

    Where no link can be mailed, a recent log-in is all that there is.

    :param proved: what the request has proved, as :func:`authkit.factors.proof.prove_owner` says.
    """
    return not proved and may_be_mailed(user)


def may_be_mailed(user: AuthUser) -> bool:
    """Say whether a link can be mailed: to an address of the user, and to a page of the project."""
    return bool(email_of(user)) and email_verification_is_on()


def mail_confirmation(purpose: Purpose, user: AuthUser, session: Session, email: str = "") -> None:
    """Mail a link that confirms a request to the present e-mail address of the user.

    :param email: the requested e-mail address, for a change of it.
    """
    present = email_of(user)
    mail = "first_password" if purpose == Purpose.FIRST_PASSWORD else "confirm_request"
    if not may_send_mail(present, mail):
        return
    token = issue_bound(purpose, user, session, email)
    context = {"username": username_of(user), "address": email, "link": link(token, purpose)}
    send_all([Mail(mail, present, context, user)])


def issue_bound(purpose: Purpose, user: AuthUser, session: Session, email: str) -> str:
    """Return the token of a link that is bound to session and factors.

    Called within the transaction that has locked the rows of the owner.
    """
    # Race: bound to an address that a concurrent request has just replaced, the link would be
    # valid again as soon as an administrator restores that address.
    read_email_again(user)
    [token] = one_time_links.issue(
        purpose,
        [(user, email)],
        LIFETIME,
        session_id=session.pk,
        factors_version=factors.version(user),
    )
    return token


def spend_bound(found: FoundLink) -> FoundLink:
    """Do what :func:`spend_locked` does, for a link that is bound to session and factors.

    :raises LinkInvalid: it has been spent; or session, factors or account have changed.
    """
    found = spend_locked(found)
    if not is_bound(found):
        raise LinkInvalid
    return found


def is_bound(spent: FoundLink) -> bool:
    """Say whether session and factors are still those that the link was bound to.

    Requires a transaction that has locked the account. It locks the session, too.
    """
    is_unchanged = factors.version(spent.user) == spent.factors_version
    return is_unchanged and lock_live_session(spent.session_id)
