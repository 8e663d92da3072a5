"""What belongs to the account, and not to one of its factors."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from authkit.core.db.primary import PrimaryManager
from authkit.core.limits.models import AttemptCounter
from authkit.core.limits.rates import Limits

#: Codes of all factors together, for one account, whatever challenge, endpoint or IP.
CODE_LIMITS = Limits(window=timedelta(minutes=15), per_window=10, in_a_row=100)


class CodeAttempts(AttemptCounter):
    """The wrong codes of one account: one budget against brute force for all of its factors."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="authkit_code_attempts",
        editable=False,
    )

    objects = PrimaryManager()

    class Meta:
        verbose_name = _("code attempts")
        verbose_name_plural = _("code attempts")

    def __str__(self) -> str:
        return str(self.pk)
