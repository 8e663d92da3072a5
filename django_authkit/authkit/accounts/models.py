from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from authkit.core.db.primary import PrimaryManager


class AccountName(models.Model):
    """The HMAC of the canonical form of a user name or e-mail address, and its owner.

    The primary key decides the race between concurrent requests for one name, whatever the
    constraints of the user model. Only registration and change of e-mail write these rows.
    """

    id = models.CharField(primary_key=True, max_length=64, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="authkit_names",
        editable=False,
    )

    objects = PrimaryManager()

    class Meta:
        verbose_name = _("name of an account")
        verbose_name_plural = _("names of accounts")

    def __str__(self) -> str:
        return str(self.pk)


class Registration(models.Model):
    """A requested account that does not exist yet.

    ``digest`` is the SHA-256 of the mailed token, ``address`` the HMAC of the e-mail address, and
    ``account`` the initial columns of the user as text by name, the password hash included.
    """

    digest = models.CharField(max_length=64, unique=True, editable=False)
    address = models.CharField(max_length=64, db_index=True, editable=False)
    account = models.JSONField(editable=False)
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(db_index=True, editable=False)

    objects = PrimaryManager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")

    def __str__(self) -> str:
        return str(self.pk)
