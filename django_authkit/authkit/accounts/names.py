"""The canonical form of user names and e-mail addresses, and their owners.

Spellings that look alike (case, full-width letters, ligatures) are one name, which prevents
impersonation: NFKC and casefold (RFC 8264 section 5.2.3, Unicode Technical Report 36), and the
domain of an e-mail address in ASCII (IDNA). The database selects the user rows without regard to
case; the canonical form decides.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.db import router

from authkit.accounts.columns import identifiers
from authkit.accounts.models import AccountName
from authkit.core import clock
from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity.domains import in_letters
from authkit.core.identity.models import OneTimeLink, Purpose, UnverifiedEmail
from authkit.core.identity.users import AuthUser, canonical, spelt_like, visible_users
from authkit.core.keyed_names import keyed_names

#: How many rows that differ in case alone are compared.
MAX_SIMILAR = 100


def normalised_email(email: str) -> str:
    """Return an e-mail address as it is stored and mailed to: NFKC, its domain in Unicode."""
    local, at, domain = unicodedata.normalize("NFKC", email).rpartition("@")
    return local + at + in_letters(domain.lower())


def name_hmacs(column: str, value: object) -> list[str]:
    """Return the primary keys of an :class:`AccountName`: the present one, and earlier ones."""
    return keyed_names("authkit.account_names", f"{_kind(column)}\0{canonical(str(value))}")


def find_owner(column: str, value: object, exclude: AuthUser | None = None) -> AuthUser | None:
    """Return the user who has a name or e-mail address, in any spelling; three queries.

    The previous e-mail address of a user stays reserved while the change can be undone.

    :param exclude: a user who is ignored.
    """
    keys = name_hmacs(column, value)
    claims = AccountName.objects.filter(pk__in=keys)
    rows = get_user_model()._base_manager.using(router.db_for_write(get_user_model())).all()
    if exclude is not None:
        claims, rows = claims.exclude(user=exclude), rows.exclude(pk=exclude.pk)
    claimed = claims.select_related("user").first()
    reserved = _is_reserved(keys[0], claimed.user_id if claimed else None)
    alike = rows.filter(spelt_like(column, str(value)))
    present = [user for user in alike[:MAX_SIMILAR] if _has(user, column, keys[0])]
    if present:
        return present[0]
    return claimed.user if claimed and reserved else None


def find_unverified_owner(email: str) -> AuthUser | None:
    """Return the user who has an e-mail address that is not verified; one query."""
    column = get_user_model().get_email_field_name()
    keys = name_hmacs(column, email)
    claimed = UnverifiedEmail.objects.filter(user__authkit_names__in=keys)
    found = claimed.filter(user__in=visible_users()).select_related("user").first()
    return found.user if found is not None and _has(found.user, column, keys[0]) else None


def claim_names(user: AuthUser, columns: Iterable[str]) -> None:
    """Store the user's names in these columns; stale claims of other users are removed.

    Under SECRET_KEY_FALLBACKS as well: processes that do not know the present SECRET_KEY yet claim
    names by an earlier one, and cannot claim the same.

    :raises IntegrityError: another user has one of the names.
    """
    names = {key: name for name in columns for key in name_hmacs(name, getattr(user, name))}
    for claimed in AccountName.objects.filter(pk__in=names).exclude(user=user):
        present = _has(claimed.user, names[claimed.pk], claimed.pk)
        if not present and not _is_reserved(claimed.pk, claimed.user_id):
            claimed.delete()
    own = set(AccountName.objects.filter(pk__in=names, user=user).values_list("pk", flat=True))
    # Ordered: two requests for the same two names cannot deadlock.
    missing = [AccountName(pk=key, user=user) for key in sorted(names.keys() - own)]
    AccountName.objects.bulk_create(missing)


def carry_over_claims(users: Iterable[AuthUser]) -> int:
    """Give the present name to claims that SECRET_KEY_FALLBACKS name; return their number.

    Those to a previous e-mail address are left: the link that undoes the change expires.
    """
    present: dict[str, str] = {}
    for user in users:
        for column in identifiers():
            key, *earlier = name_hmacs(column, getattr(user, column))
            present |= dict.fromkeys(earlier, key)
    return atomic_with_retry(partial(_rename, present), AccountName)


def _rename(names: Mapping[str, str]) -> int:
    claims = list(AccountName.objects.filter(pk__in=names))
    renamed = [AccountName(pk=names[claim.pk], user_id=claim.user_id) for claim in claims]
    AccountName.objects.bulk_create(renamed, ignore_conflicts=True)
    AccountName.objects.filter(pk__in=[claim.pk for claim in claims]).delete()
    return len(claims)


def _has(user: AuthUser, column: str, key: str) -> bool:
    return key in name_hmacs(column, getattr(user, column))


def _is_reserved(key: str, user_id: Any) -> bool:
    """Say whether this is a previous e-mail address to which the user can still return."""
    undo_links = OneTimeLink.objects.filter(
        purpose=Purpose.EMAIL_CHANGE_UNDO, user=user_id, expires_at__gt=clock.now()
    )
    column = get_user_model().get_email_field_name()
    return any(key in name_hmacs(column, link.address) for link in undo_links)


def _kind(column: str) -> str:
    """Separate user names from e-mail addresses, unless the user name is the e-mail address."""
    return "address" if column == get_user_model().get_email_field_name() else "name"
