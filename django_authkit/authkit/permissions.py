"""The permissions that ``permission_classes`` names."""

from authkit.accounts.permissions import HasVerifiedEmail
from authkit.api_keys.permissions import HasScope
from authkit.sessions.permissions import HasSecondFactor, RecentlyAuthenticated

__all__ = ["HasScope", "HasSecondFactor", "HasVerifiedEmail", "RecentlyAuthenticated"]
