"""Every admin page of the app, where Django looks for them, and what there is for other pages."""

from authkit.accounts.admin import AccountAdminMixin
from authkit.api_keys.admin import APIKeyAdmin
from authkit.events.admin import SecurityEventAdmin
from authkit.factors.admin import unlock_accounts
from authkit.factors.totp.admin import TOTPDeviceAdmin
from authkit.sessions.admin import SessionAdmin

__all__ = [
    "APIKeyAdmin",
    "AccountAdminMixin",
    "SecurityEventAdmin",
    "SessionAdmin",
    "TOTPDeviceAdmin",
    "unlock_accounts",
]
