"""Which accounts have an e-mail address that nobody has proved to be theirs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from authkit.core.truth import TruthManager


class UnverifiedAddress(models.Model):
    """An account that was made before its address was proved; the row goes with the proof.

    There are such accounts where ``AUTHKIT["EMAIL_VERIFICATION_REQUIRED"]`` is False. Accounts
    that come by another road have no row, and count as verified.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="authkit_unverified_address",
        editable=False,
    )

    objects = TruthManager()

    class Meta:
        verbose_name = _("unverified address")
        verbose_name_plural = _("unverified addresses")

    def __str__(self) -> str:
        return str(self.pk)


def is_verified(user: Any) -> bool:
    """Say whether the address of a user is proved; one query."""
    return not UnverifiedAddress.objects.filter(user=user.pk).exists()


def mark_unverified(user: Any) -> None:
    UnverifiedAddress(user=user).save(force_insert=True)


def mark_verified(user: Any) -> bool:
    """Note that the address is proved; return False if it was before."""
    return bool(UnverifiedAddress.objects.filter(user=user.pk).delete()[0])
