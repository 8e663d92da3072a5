"""Every model of the app, where Django discovers them."""

from authkit.accounts.models import AccountName, Registration
from authkit.api_keys.models import APIKey, ImportedKey
from authkit.core.identity.models import OneTimeLink, UnverifiedEmail
from authkit.core.limits.models import RequestCount
from authkit.events.models import SecurityEvent
from authkit.factors import registry  # noqa: F401 - registers the factors
from authkit.factors.models import CodeAttempts
from authkit.factors.recovery_codes.models import RecoveryCode
from authkit.factors.totp.models import TOTPDevice
from authkit.passwords.models import LoginName, PasswordAttempts
from authkit.sessions.models import Session
from authkit.tickets.models import Ticket

__all__ = [
    "APIKey",
    "AccountName",
    "CodeAttempts",
    "ImportedKey",
    "LoginName",
    "OneTimeLink",
    "PasswordAttempts",
    "RecoveryCode",
    "Registration",
    "RequestCount",
    "SecurityEvent",
    "Session",
    "TOTPDevice",
    "Ticket",
    "UnverifiedEmail",
]
