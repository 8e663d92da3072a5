"""The permissions that ``permission_classes`` names."""

from authkit.sessions.permissions import HasSecondFactor, RecentlyAuthenticated

__all__ = ["HasSecondFactor", "RecentlyAuthenticated"]
