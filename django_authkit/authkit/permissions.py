"""The permissions that ``permission_classes`` names, and what asks them in other views."""

from authkit.api_keys.permissions import HasScope
from authkit.principals.permissions import arequire, require
from authkit.sessions.access.permissions import (
    HasSecondFactor,
    HasVerifiedEmail,
    RecentlyAuthenticated,
)

__all__ = [
    "HasScope",
    "HasSecondFactor",
    "HasVerifiedEmail",
    "RecentlyAuthenticated",
    "arequire",
    "require",
]
