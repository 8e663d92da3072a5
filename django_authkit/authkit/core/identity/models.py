"""What is stored of users outside of the user model."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from authkit.core.db.primary import PrimaryManager


class UnverifiedEmail(models.Model):
    """An account that was made before its e-mail was verified; verification deletes the row.

    There are such accounts where ``AUTHKIT["EMAIL_VERIFICATION_REQUIRED"]`` is False. Accounts
    that did not register here have no row, and count as verified.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="authkit_unverified_email",
        editable=False,
    )

    objects = PrimaryManager()

    class Meta:
        verbose_name = _("unverified e-mail address")
        verbose_name_plural = _("unverified e-mail addresses")

    def __str__(self) -> str:
        return str(self.pk)


class Purpose(models.TextChoices):
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose
    EMAIL_VERIFICATION = "email_verification"
    EMAIL_CHANGE_CONFIRMATION = "email_change_confirmation"
    EMAIL_CHANGE = "email_change"
    EMAIL_CHANGE_STOP = "email_change_stop"
    EMAIL_CHANGE_UNDO = "email_change_undo"
    DELETION_CONFIRMATION = "deletion_confirmation"
    FIRST_PASSWORD = "first_password"  # noqa: S105 - a purpose


#: What a link is for that is bound to a session and to the second factors of its user.
BOUND = (
    Purpose.EMAIL_CHANGE_CONFIRMATION,
    Purpose.EMAIL_CHANGE,
    Purpose.DELETION_CONFIRMATION,
    Purpose.FIRST_PASSWORD,
)


class OneTimeLink(models.Model):
    """One token that has been sent; a row without a user was not sent."""

    purpose = models.CharField(max_length=32, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="authkit_one_time_links",
        null=True,
        editable=False,
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    fingerprint = models.CharField(max_length=64, editable=False)
    address = models.CharField(max_length=320, editable=False)
    session_id = models.UUIDField(null=True, editable=False)
    factors_version = models.CharField(max_length=64, default="", editable=False)
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(db_index=True, editable=False)

    objects = PrimaryManager()

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"
