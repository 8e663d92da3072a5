"""What a newcomer needs in place of a phone and of a mail server: the present code, a mailbox.

Both show secrets, so there is no such page without DEBUG, in production, or from another machine.
"""

from collections import deque
from functools import wraps
from ipaddress import ip_address
from time import time

from authkit.models import TOTPDevice
from django.conf import settings
from django.core.mail.backends.console import EmailBackend
from django.http import Http404
from django.shortcuts import render
from django_otp.oath import TOTP

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"

#: For how long a code is shown (RFC 6238 section 4.1).
STEP_SECONDS = 30

#: The mails of this process, the newest first.
mails = deque(maxlen=50)


class MailboxBackend(EmailBackend):
    """Prints mails, as the backend of Django does, and keeps them for the mailbox."""

    def write_message(self, message):
        mails.appendleft(message)
        super().write_message(message)


def development_only(view):
    @wraps(view)
    def answer(request):
        is_here = ip_address(request.META["REMOTE_ADDR"] or "::").is_loopback
        if not settings.DEBUG or settings.PRODUCTION or not is_here:
            raise Http404
        response = view(request)
        response["Cache-Control"] = "no-store"
        response["Content-Security-Policy"] = POLICY
        return response

    return answer


@development_only
def authenticator(request):
    """Show the codes that an app on a phone would show at this moment."""
    devices = TOTPDevice.objects.select_related("user").order_by("user", "-confirmed")
    codes = [(device, code(device)) for device in devices if not device.has_lapsed()]
    left = STEP_SECONDS - int(time()) % STEP_SECONDS
    return render(request, "demo/authenticator.html", {"codes": codes, "seconds_left": left})


def code(device):
    return f"{TOTP(device.unseal(), STEP_SECONDS).token():06d}"


@development_only
def mailbox(request):
    return render(request, "demo/mailbox.html", {"mails": list(mails)})
