"""Which accounts have an e-mail that their owner has not verified."""

from __future__ import annotations

from typing import Any

from authkit.core.identity.models import UnverifiedEmail


def is_verified(user: Any) -> bool:
    """Say whether the e-mail of a user is verified; one query."""
    return not UnverifiedEmail.objects.filter(user=user.pk).exists()


def mark_unverified(user: Any) -> None:
    UnverifiedEmail(user=user).save(force_insert=True)


def mark_verified(user: Any) -> bool:
    """Mark the e-mail of a user as verified; return False if it was before (idempotent)."""
    return bool(UnverifiedEmail.objects.filter(user=user.pk).delete()[0])
