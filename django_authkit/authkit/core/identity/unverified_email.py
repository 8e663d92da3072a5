"""Which accounts have an e-mail address that nobody has proved to be theirs."""

from __future__ import annotations

from typing import Any

from authkit.core.identity.models import UnverifiedEmail


def is_verified(user: Any) -> bool:
    """Say whether the address of a user is proved; one query."""
    return not UnverifiedEmail.objects.filter(user=user.pk).exists()


def mark_unverified(user: Any) -> None:
    UnverifiedEmail(user=user).save(force_insert=True)


def mark_verified(user: Any) -> bool:
    """Note that the address is proved; return False if it was before."""
    return bool(UnverifiedEmail.objects.filter(user=user.pk).delete()[0])
