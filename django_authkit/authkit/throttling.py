"""The rate limits that ``DEFAULT_THROTTLE_CLASSES`` and ``throttle_classes`` name."""

from authkit.core.limits.throttles import (
    AnonymousThrottle,
    APIKeyThrottle,
    RateThrottle,
    ScopedThrottle,
    StaffThrottle,
    UserThrottle,
)

__all__ = [
    "APIKeyThrottle",
    "AnonymousThrottle",
    "RateThrottle",
    "ScopedThrottle",
    "StaffThrottle",
    "UserThrottle",
]
