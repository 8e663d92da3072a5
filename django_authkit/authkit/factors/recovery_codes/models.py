from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from authkit.core.db.primary import PrimaryManager


class RecoveryCode(models.Model):
    """One recovery code of a user, digested. Using it deletes it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="authkit_recovery_codes"
    )
    digest = models.CharField(max_length=64, editable=False)

    objects = PrimaryManager()

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="authkit_unique_recovery_code"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
