"""For ``authkit.testing``: an authenticator app (TOTP) that types its codes for a test."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import router, transaction
from django_otp.oath import hotp

from authkit.core import clock
from authkit.core.identity.users import AuthUser
from authkit.factors.recovery_codes.flows import replace_recovery_codes
from authkit.factors.totp import rfc6238
from authkit.factors.totp.models import TOTPDevice


@dataclass(frozen=True, slots=True)
class AuthenticatorApp:
    """The app of a user, and the recovery codes, each good for one use."""

    user: AuthUser
    secret: bytes = field(repr=False)
    recovery_codes: list[str] = field(repr=False)

    def code(self) -> str:
        """Return a code that is accepted now.

        A code is accepted once (RFC 6238 section 5.2), and a test does not wait: after the present
        code comes the next one, and then it is forgotten that these were used.
        """
        present = rfc6238.step_at(clock.now().timestamp())
        devices = TOTPDevice.objects.filter(user=self.user, confirmed=True)
        last: int = devices.values_list("last_step", flat=True).get()
        if last > present:
            devices.update(last_step=present - 1)
        step = present + 1 if last == present else present
        return f"{hotp(self.secret, step):06d}"

    def wrong_code(self) -> str:
        """Return a code that is not accepted now."""
        present = rfc6238.step_at(clock.now().timestamp())
        right = {f"{hotp(self.secret, present + offset):06d}" for offset in range(-3, 4)}
        return next(code for code in map("{:06d}".format, range(10)) if code not in right)


def authenticator_app(user: AuthUser) -> AuthenticatorApp:
    """Turn the second factor on for a user, in place of another app; sessions go on.

    No mail is sent, and no event recorded.
    """
    secret = rfc6238.new_secret()
    device = TOTPDevice(user=user, name="TOTP", confirmed=True, confirmed_at=clock.now())
    device.seal(secret)
    with transaction.atomic(using=router.db_for_write(TOTPDevice)):
        TOTPDevice.objects.filter(user=user).delete()
        device.save(force_insert=True)
        codes = replace_recovery_codes(user)
    return AuthenticatorApp(user, secret, codes)
