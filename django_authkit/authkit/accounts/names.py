"""User names and addresses in one canonical form, and whose they are.

Two spellings that people take for one name (capitals, full-width letters, ligatures) are one
here: NFKC and casefold (RFC 8264 section 5.2.3, Unicode Technical Report 36), and the domain of an
address in ASCII (IDNA). What the project's own rows hold is compared without capitals by the
database, and then in this form.
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
from authkit.core.identity.users import AuthUser, canonical, spelt_like

#: How many rows that look alike without capitals are looked at.
ALIKE = 100


def normalised_address(address: str) -> str:
    """Return an address as it is kept and written to: NFKC, its domain as people read it."""
    local, at, domain = unicodedata.normalize("NFKC", address).rpartition("@")
    return local + at + in_letters(domain.lower())


def key_of(column: str, value: object) -> str:
    """Return the primary key of an :class:`AccountName`."""
    text = f"{_kind(column)}\0{canonical(str(value))}"
    return salted_hmac("authkit.account_names", text, algorithm="sha256").hexdigest()


def holder_of(column: str, value: object, besides: AuthUser | None = None) -> AuthUser | None:
    """Return the user who has a name or an address, in whatever spelling; three queries.

    An address that somebody has just left is theirs while they can still return to it.

    :param besides: who is not looked for.
    """
    key = key_of(column, value)
    claims = AccountName.objects.filter(pk=key)
    rows = get_user_model()._base_manager.using(router.db_for_write(get_user_model())).all()
    if besides is not None:
        claims, rows = claims.exclude(user=besides), rows.exclude(pk=besides.pk)
    claimed = claims.select_related("user").first()
    reserved = _is_reserved(key, claimed.user_id if claimed else None)
    alike = rows.filter(spelt_like(column, str(value)))
    present = [user for user in alike[:ALIKE] if _has(user, column, key)]
    if present:
        return present[0]
    return claimed.user if claimed and reserved else None


def unverified_holder_of(address: str) -> AuthUser | None:
    """Return the user who has an address and has not proved it; one query."""
    column = get_user_model().get_email_field_name()
    key = key_of(column, address)
    waiting = UnverifiedEmail.objects.filter(user__authkit_names=key)
    found = waiting.select_related("user").first()
    return found.user if found is not None and _has(found.user, column, key) else None


def claim_names(user: AuthUser, columns: Iterable[str]) -> None:
    """Write down that these names are the user's.

    :raises IntegrityError: one is somebody else's. Nobody's claim to what they no longer have
        stands in the way.
    """
    names = {key_of(column, getattr(user, column)): column for column in columns}
    for claimed in AccountName.objects.filter(pk__in=names).exclude(user=user):
        present = _has(claimed.user, names[claimed.pk], claimed.pk)
        if not present and not _is_reserved(claimed.pk, claimed.user_id):
            claimed.delete()
    own = set(AccountName.objects.filter(pk__in=names, user=user).values_list("pk", flat=True))
    # In one order, so that two who want the same two names wait for each other and never both.
    for key in sorted(names.keys() - own):
        AccountName(pk=key, user=user).save(force_insert=True)


def _has(user: AuthUser, column: str, key: str) -> bool:
    return key_of(column, getattr(user, column)) == key


def _is_reserved(key: str, user_id: Any) -> bool:
    """Say whether this is an address that the user has left and may still return to."""
    ways_back = OneTimeLink.objects.filter(
        purpose=Purpose.EMAIL_CHANGE_UNDO, user=user_id, expires_at__gt=clock.now()
    )
    column = get_user_model().get_email_field_name()
    return any(key_of(column, token.address) == key for token in ways_back)


def _kind(column: str) -> str:
    """Tell user names from addresses; where the user name is the address, they are one kind."""
    return "address" if column == get_user_model().get_email_field_name() else "name"
