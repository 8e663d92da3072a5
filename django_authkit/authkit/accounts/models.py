from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from authkit.core.db.primary import PrimaryManager


class AccountName(models.Model):
    """A user name or an address, as an HMAC of its canonical form, and who has it.

    The key is unique, so of any number who want one name at once, one gets it, whatever the
    user model's own constraints are. Written for accounts that come and change by us.
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

    ``digest`` is that of the token in the mail, and ``account`` what the user's columns are to
    begin with, as text by name: the password's hash is one of them.
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
