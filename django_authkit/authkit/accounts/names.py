"""The canonical form of user names and e-mail addresses, and their owners.

Spellings that look alike (case, full-width letters, ligatures) are one name, which prevents
impersonation: NFKC and casefold (RFC 8264 section 5.2.3, Unicode Technical Report 36), and the
domain of an e-mail address in ASCII (IDNA). The database selects the user rows without regard to
case; the canonical form decides.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import router
from django.utils.crypto import salted_hmac

from authkit.accounts.models import AccountName
from authkit.core import clock
from authkit.core.identity.domains import in_letters
from authkit.core.identity.models import OneTimeLink, Purpose, UnverifiedEmail
from authkit.core.identity.users import AuthUser, canonical, spelt_like, visible_users

#: How many rows that differ in case alone are compared.
MAX_SIMILAR = 100


def normalised_email(email: str) -> str:
    """Return an e-mail address as it is stored and mailed to: NFKC, its domain in Unicode."""
    local, at, domain = unicodedata.normalize("NFKC", email).rpartition("@")
    return local + at + in_letters(domain.lower())


def name_hmac(column: str, value: object) -> str:
    """Return the primary key of an :class:`AccountName`, 64 hexadecimal digits."""
    text = f"{_kind(column)}\0{canonical(str(value))}"
    return salted_hmac("authkit.account_names", text, algorithm="sha256").hexdigest()


def find_owner(column: str, value: object, exclude: AuthUser | None = None) -> AuthUser | None:
    """Return the user who has a name or e-mail address, in any spelling; three queries.

    The previous e-mail address of a user stays reserved while the change can be undone.

    :param exclude: a user who is ignored.
    """
    key = name_hmac(column, value)
    claims = AccountName.objects.filter(pk=key)
    rows = get_user_model()._base_manager.using(router.db_for_write(get_user_model())).all()
    if exclude is not None:
        claims, rows = claims.exclude(user=exclude), rows.exclude(pk=exclude.pk)
    claimed = claims.select_related("user").first()
    reserved = _is_reserved(key, claimed.user_id if claimed else None)
    alike = rows.filter(spelt_like(column, str(value)))
    present = [user for user in alike[:MAX_SIMILAR] if _has(user, column, key)]
    if present:
        return present[0]
    return claimed.user if claimed and reserved else None


def find_unverified_owner(email: str) -> AuthUser | None:
    """Return the user who has an e-mail address that is not verified; one query."""
    column = get_user_model().get_email_field_name()
    key = name_hmac(column, email)
    unverified = UnverifiedEmail.objects.filter(user__authkit_names=key, user__in=visible_users())
    found = unverified.select_related("user").first()
    return found.user if found is not None and _has(found.user, column, key) else None


def claim_names(user: AuthUser, columns: Iterable[str]) -> None:
    """Store the user's names in these columns; stale claims of other users are removed.

    :raises IntegrityError: another user has one of the names.
    """
    names = {name_hmac(column, getattr(user, column)): column for column in columns}
    for claimed in AccountName.objects.filter(pk__in=names).exclude(user=user):
        present = _has(claimed.user, names[claimed.pk], claimed.pk)
        if not present and not _is_reserved(claimed.pk, claimed.user_id):
            claimed.delete()
    own = set(AccountName.objects.filter(pk__in=names, user=user).values_list("pk", flat=True))
    # Ordered: two requests for the same two names cannot deadlock.
    for key in sorted(names.keys() - own):
        AccountName(pk=key, user=user).save(force_insert=True)


def _has(user: AuthUser, column: str, key: str) -> bool:
    return name_hmac(column, getattr(user, column)) == key


def _is_reserved(key: str, user_id: Any) -> bool:
    """Say whether this is a previous e-mail address to which the user can still return."""
    undo_links = OneTimeLink.objects.filter(
        purpose=Purpose.EMAIL_CHANGE_UNDO, user=user_id, expires_at__gt=clock.now()
    )
    column = get_user_model().get_email_field_name()
    return any(name_hmac(column, link.address) == key for link in undo_links)


def _kind(column: str) -> str:
    """Separate user names from e-mail addresses, unless the user name is the e-mail address."""
    return "address" if column == get_user_model().get_email_field_name() else "name"
