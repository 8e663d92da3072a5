"""Every model of the app, where Django looks for them."""

from authkit.accounts.models import AccountName, Registration
from authkit.api_keys.models import APIKey
from authkit.core.addresses import UnverifiedAddress
from authkit.core.mailed_tokens import MailedToken
from authkit.core.request_counts import RequestCount
from authkit.events.models import SecurityEvent
from authkit.second_factor.models import RecoveryCode, TOTPDevice
from authkit.sessions.attempts import PasswordAttempts
from authkit.sessions.models import Session

__all__ = [
    "APIKey",
    "AccountName",
    "MailedToken",
    "PasswordAttempts",
    "RecoveryCode",
    "Registration",
    "RequestCount",
    "SecurityEvent",
    "Session",
    "TOTPDevice",
    "UnverifiedAddress",
]
