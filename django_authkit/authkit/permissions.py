"""The permissions that ``permission_classes`` names."""

from authkit.api_keys.permissions import HasScope
from authkit.sessions.access.permissions import (
    HasSecondFactor,
    HasVerifiedEmail,
    RecentlyAuthenticated,
)

__all__ = ["HasScope", "HasSecondFactor", "HasVerifiedEmail", "RecentlyAuthenticated"]
