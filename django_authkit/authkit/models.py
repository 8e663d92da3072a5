"""Every model of the app, where Django looks for them."""

from authkit.accounts.models import AccountName, Registration
from authkit.api_keys.models import APIKey
from authkit.core.identity.models import OneTimeLink, UnverifiedEmail
from authkit.core.limits.models import RequestCount
from authkit.events.models import SecurityEvent
from authkit.factors.models import RecoveryCode, TOTPDevice
from authkit.passwords.models import PasswordAttempts
from authkit.sessions.models import Session

__all__ = [
    "APIKey",
    "AccountName",
    "OneTimeLink",
    "PasswordAttempts",
    "RecoveryCode",
    "Registration",
    "RequestCount",
    "SecurityEvent",
    "Session",
    "TOTPDevice",
    "UnverifiedEmail",
]
