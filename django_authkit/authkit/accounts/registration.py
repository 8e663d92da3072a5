"""Registration (sign-up). The account is created when its e-mail address is verified.

It prevents account pre-hijacking: a registration is a row with the initial columns of the account
and the hash of its password. The mailed link proves control of the mailbox, and the password that
comes with it becomes that of the account. An attacker who registers the e-mail address of a victim
neither occupies it nor leaves a credential in the victim's account, and cannot use up the mails to
it: each link that was mailed lets its reader in.

With ``AUTHKIT["EMAIL_VERIFICATION_REQUIRED"]`` set to False the account is created at once, and
:mod:`authkit.accounts.email_verification` verifies its e-mail address later.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping
from copy import copy
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, models

from authkit.accounts.availability import REGISTRATION, link
from authkit.accounts.columns import identifiers, is_kept
from authkit.accounts.email_verification import LIFETIME, issue_verification, match_password
from authkit.accounts.models import Registration
from authkit.accounts.names import claim_names, find_owner, find_unverified_owner, name_hmacs
from authkit.conf import conf
from authkit.core import clock
from authkit.core.db.best_effort import best_effort
from authkit.core.db.retry import atomic_with_retry, retry_on_conflict
from authkit.core.http.client import Client
from authkit.core.identity.one_time_links import TOKEN_BYTES
from authkit.core.identity.unverified_email import mark_unverified
from authkit.core.identity.users import AuthUser, canonical, email_of, username_of
from authkit.core.limits.rates import Rate
from authkit.core.limits.requests import count_client, count_request
from authkit.core.mail.mailer import Mail, send_all
from authkit.errors import AlreadyTaken, InvalidCredentials, LinkInvalid
from authkit.events.flows import record
from authkit.passwords.checking.hashing import hashing_place
from authkit.passwords.policy import require_acceptable
from authkit.signals import account_registered

T = TypeVar("T")

logger = logging.getLogger("authkit.database")

#: Rate limit: mails of each kind to one e-mail address. A kind by itself: where no more links are
#: sent, the last ones that were mailed are valid (see :data:`LIFETIME`).
MAILS = Rate(5, timedelta(hours=1))

#: Rate limit: registrations and links that one network requests.
PER_NETWORK = Rate(60, timedelta(hours=1))

#: How many registrations of one e-mail address a password is compared with.
MAX_CANDIDATES = 5


def register(values: Mapping[str, Any], password: str, client: Client) -> None:
    """Store a registration and mail its link. Prevents user enumeration (ASVS 5.0, 6.3.8).

    :param values: the validated data of a serializer. Values of columns become those of the
        account; others, such as a consent, are not stored.
    :raises ValidationError: the project's validators do not accept the password.
    """
    if _exceeds_rate_limit(client):
        return
    columns = {name: value for name, value in values.items() if is_kept(name)}
    account: AuthUser = get_user_model()(**columns)
    require_acceptable(password, account, member="password")
    with hashing_place():
        account.password = make_password(password)
    if conf.EMAIL_VERIFICATION_REQUIRED:
        token = _store(account, [*columns, "password"])
        mails = [_registration_mail(account, token)]
    else:
        mails = _register_unverified(account)
    _send_within_limit(email_of(account), mails)


def resend(email: str, client: Client) -> None:
    """Mail another link of the newest registration of an e-mail address; earlier ones stay valid.

    Or a link of an account whose e-mail address is not verified.
    """
    if _exceeds_rate_limit(client):
        return
    pending = _pending(email).first()
    token = _copy(pending)
    owner = find_owner(_email_column(), email)
    unverified = find_unverified_owner(email)
    mails = issue_verification(unverified)
    if unverified is None and owner is not None:
        mails = [_account_exists_mail(owner)]
    elif unverified is None and pending is not None:
        mails = [
            Mail(
                "registration",
                email_of(_account(pending)),
                {"link": link(token, REGISTRATION)},
                None,
            )
        ]
    _send_within_limit(email, mails)


def find_registration(token: str) -> Registration | None:
    """Return the registration of a token, or None if it is unknown or expired."""
    valid = Registration.objects.filter(digest=_digest(token), expires_at__gt=clock.now())
    found = valid.first()
    return None if found is None or clock.is_ahead(found.created_at) else found


def complete(opened: Registration, password: str | None) -> None:
    """Create the account whose e-mail address the link has verified, with this password.

    Of several registrations of one e-mail address the one with this password is taken, else the
    one of the link; the others are deleted.

    :raises ValidationError: the password is missing, or new and not accepted by the validators.
    :raises AttemptsExceeded: too many passwords were compared.
    :raises AlreadyTaken: another user has the user name or the e-mail address.
    :raises LinkInvalid: a concurrent request has used the link.
    """
    email = email_of(_account(opened))
    others = _pending(email).exclude(pk=opened.pk)
    candidates = [opened, *others[:MAX_CANDIDATES]]
    hashes = [each.account["password"] for each in candidates]
    try:
        chosen = candidates[match_password(str(opened.pk), password, hashes)]
    except InvalidCredentials:
        chosen = _with_password(opened, password or "")
    user = _create_atomically(partial(_create, chosen))
    # After the transaction: requests that complete the other rows could deadlock with it. The
    # account is there: what is left of them expires.
    with best_effort(Registration, logger, logging.ERROR, "Registrations were not deleted."):
        _registrations(email).delete()
    _tell_registered(user)


def may_send_mail(email: str, kind: str) -> bool:
    """Count a mail of a kind to an e-mail address; return False if it exceeds the rate limit."""
    return not count_request(f"mail:{kind}", canonical(email), MAILS)


def _send_within_limit(email: str, mails: list[Mail]) -> None:
    """Send at most one mail to an e-mail address, within the limit of its kind.

    Equal work where there is none prevents user enumeration by timing.
    """
    kind = mails[0].name if mails else ""
    if may_send_mail(email, kind):
        send_all(mails)


def _with_password(opened: Registration, password: str) -> Registration:
    """Return a registration with the password that the reader of its link chooses."""
    account = _account(opened)
    require_acceptable(password, account, member="password")
    with hashing_place():
        opened.account["password"] = make_password(password)
    return opened


def _exceeds_rate_limit(client: Client) -> bool:
    """Count a request of the client's network, for any e-mail address."""
    return bool(count_client("registration_from", client, PER_NETWORK))


def _store(account: AuthUser, names: list[str]) -> str:
    """Store a registration and return its token."""
    now = clock.now()
    token, digest = _new_token()
    columns: list[Any] = [account._meta.get_field(name) for name in names]
    row = Registration(
        digest=digest,
        address=_hmacs(email_of(account))[0],
        account={column.attname: _as_text(account, column) for column in columns},
        created_at=now,
        expires_at=now + LIFETIME,
    )
    Registration.objects.filter(expires_at__lte=now).delete()
    retry_on_conflict(partial(row.save, force_insert=True), Registration)
    return token


def _copy(pending: Registration | None) -> str:
    """Store a registration once more for another link; return its token.

    Equal work without one prevents user enumeration by timing: that row has expired.
    """
    now = clock.now()
    token, digest = _new_token()
    row = Registration(
        digest=digest,
        address=pending.address if pending else "",
        account=pending.account if pending else {},
        created_at=pending.created_at if pending else now,
        expires_at=now + LIFETIME if pending else now,
    )
    retry_on_conflict(partial(row.save, force_insert=True), Registration)
    return token


def _register_unverified(account: AuthUser) -> list[Mail]:
    """Create an account with an unverified e-mail address; return the mails to it."""
    try:
        user, mails = _create_atomically(partial(_insert_unverified, account))
    except AlreadyTaken:
        owner = find_owner(_email_column(), email_of(account))
        return [_account_exists_mail(owner) if owner else _name_taken_mail(account)]
    _tell_registered(user)
    return mails


def _create_atomically(create: Callable[[], T]) -> T:
    try:
        return atomic_with_retry(create, get_user_model())
    except IntegrityError:
        raise AlreadyTaken from None


def _tell_registered(user: AuthUser) -> None:
    account_registered.send_robust(sender=type(user), user=user)


def _registration_mail(account: AuthUser, token: str) -> Mail:
    """Return the mail to send; equal work for each outcome prevents user enumeration."""
    owners = {column: find_owner(column, getattr(account, column)) for column in identifiers()}
    owner = owners[_email_column()]
    if owner is not None:
        return _account_exists_mail(owner)
    if any(owners.values()):
        return _name_taken_mail(account)
    return Mail("registration", email_of(account), {"link": link(token, REGISTRATION)}, None)


def _account_exists_mail(owner: AuthUser) -> Mail:
    # To the stored e-mail address: a look-alike may belong to an attacker (CVE-2019-19844).
    return Mail("registration_exists", email_of(owner), {"username": username_of(owner)}, owner)


def _name_taken_mail(account: AuthUser) -> Mail:
    return Mail("registration_name_taken", email_of(account), {}, None)


def _create(chosen: Registration) -> AuthUser:
    # First: SQLite refuses to write in a transaction whose earlier read is outdated.
    if not Registration.objects.filter(pk=chosen.pk).delete()[0]:
        raise LinkInvalid
    return _insert(_account(chosen))


def _insert_unverified(account: AuthUser) -> tuple[AuthUser, list[Mail]]:
    user = _insert(copy(account))  # a retry starts from the unchanged user
    mark_unverified(user)
    return user, issue_verification(user)


def _insert(user: AuthUser) -> AuthUser:
    names = identifiers()
    if any(find_owner(name, getattr(user, name)) for name in names):
        raise AlreadyTaken
    user.save(force_insert=True)
    claim_names(user, names)
    record("account_registered", user=user.pk)
    return user


def _pending(email: str) -> models.QuerySet[Registration]:
    """Return the valid registrations of an e-mail address, newest first."""
    pending = _registrations(email).filter(expires_at__gt=clock.now())
    return pending.order_by("-created_at", "-pk")


def _registrations(email: str) -> models.QuerySet[Registration]:
    return Registration.objects.filter(address__in=_hmacs(email))


def _hmacs(email: str) -> list[str]:
    return name_hmacs(_email_column(), email)


def _account(row: Registration) -> AuthUser:
    """Return the unsaved user of a registration."""
    model = get_user_model()
    columns: dict[str, Any] = {name: model._meta.get_field(name) for name in row.account}
    return model(**{name: columns[name].to_python(text) for name, text in row.account.items()})


def _as_text(account: AuthUser, column: Any) -> str | None:
    missing = column.value_from_object(account) is None
    return None if missing else column.value_to_string(account)


def _new_token() -> tuple[str, str]:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, _digest(token)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _email_column() -> str:
    return get_user_model().get_email_field_name()
