from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from django_otp.models import Device, DeviceManager, VerifyNotAllowed

from authkit import errors
from authkit.core import clock, crypto
from authkit.core.db.primary import PrimaryQuerySet
from authkit.core.identity.users import AuthUser
from authkit.events import flows as events
from authkit.factors.attempts import count_code, forgive_codes
from authkit.factors.models import CODE_LIMITS, CodeAttempts
from authkit.factors.totp import rfc6238

#: How long a set-up waits for its first code.
PENDING_LIFETIME = timedelta(minutes=15)


class TOTPDevice(Device):  # type: ignore[misc]  # django-otp has no types
    """A user's authenticator app: at most one confirmed, and one that waits for its first code.

    A ``django_otp`` device, so its admin site, ``user_has_device`` and middleware see it.
    The secret is encrypted for this row and this owner. Every code counts against the limits of
    the account, and every time step is accepted once.
    """

    sealed_secret = models.TextField(editable=False)
    seal_context = models.UUIDField(default=uuid.uuid4, editable=False)
    last_step = models.BigIntegerField(default=-1, editable=False)
    #: Of a set-up: what it replaces, by :func:`authkit.core.factors.version`.
    factors_version = models.CharField(max_length=64, default="", editable=False)
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, editable=False)

    objects = DeviceManager.from_queryset(PrimaryQuerySet)()

    class Meta:
        verbose_name = _("authenticator app")
        verbose_name_plural = _("authenticator apps")
        constraints = [
            models.UniqueConstraint(fields=["user", "confirmed"], name="authkit_one_totp_device"),
        ]

    def seal(self, secret: bytes) -> None:
        self.sealed_secret = crypto.seal(secret, context=self._context())

    def unseal(self) -> bytes:
        """Return the secret.

        :raises SecondFactorUnavailable: no key of the ring opens it for this row and owner.
        """
        try:
            return crypto.unseal(self.sealed_secret, context=self._context())
        except crypto.CannotUnseal:
            events.record("second_factor_unavailable", user=self.user_id)
            raise errors.SecondFactorUnavailable from None

    def _context(self) -> str:
        return f"authkit.totp:{self.user_id}:{self.seal_context}"

    def has_lapsed(self) -> bool:
        """Say whether a set-up has waited too long for its first code."""
        return not self.confirmed and clock.age_of(self.created_at) >= PENDING_LIFETIME

    def spend(self, secret: bytes, code: str, **changes: Any) -> bool:
        """Accept a code once: True if its time step is the present or the last, and unspent.

        The caller counts the attempt before, and forgives it after. It unseals the secret before
        it counts: an attempt that cannot be compared uses up nothing.
        """
        step = rfc6238.matching_step(secret, code, clock.now().timestamp())
        if step is None:
            return False
        # Compare-and-set against replay: one of concurrent callers changes the row. The context is
        # new with every secret, so a code does not confirm a later set-up.
        unspent = type(self).objects.filter(
            pk=self.pk, seal_context=self.seal_context, last_step__lt=step
        )
        return bool(unspent.update(last_step=step, **changes))

    def verify_is_allowed(self) -> tuple[bool, dict[str, Any] | None]:
        """Answer django-otp's forms; see ``Device.verify_is_allowed``."""
        attempts = CodeAttempts.objects.filter(pk=self.user_id).first()
        refusal = None if attempts is None else attempts.refusal(CODE_LIMITS)
        if attempts is None or refusal is None:
            return True, None
        if isinstance(refusal, errors.AccountLocked):
            return False, {"error_message": str(refusal.detail)}
        return False, {
            "reason": VerifyNotAllowed.N_FAILED_ATTEMPTS,
            "failure_count": attempts.window_failures,
            "locked_until": clock.now() + timedelta(seconds=refusal.wait or 0),
        }

    @sensitive_variables()
    def verify_token(self, token: str) -> bool:
        """Accept a code for django-otp: its admin site, its log-in form, its ``verify_token``."""
        try:
            secret = self.unseal()
            counted = count_code(self.user_id) is None
        except (errors.SecondFactorUnavailable, errors.CodeInvalid):  # a form knows no error codes
            return False
        right = self.confirmed and counted and self.spend(secret, str(token))
        if right:
            forgive_codes(self.user_id)
        return right


def has_confirmed_device(user: AuthUser) -> bool:
    confirmed: bool = TOTPDevice.objects.filter(user=user.pk, confirmed=True).exists()
    return confirmed


def confirmed_device(user: AuthUser) -> TOTPDevice | None:
    device: TOTPDevice | None = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    return device


def pending_device(user: AuthUser) -> TOTPDevice | None:
    device: TOTPDevice | None = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return None if device is None or device.has_lapsed() else device
