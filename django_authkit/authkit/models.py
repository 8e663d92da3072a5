"""Every model of the app, where Django looks for them."""

from authkit.api_keys.models import APIKey
from authkit.second_factor.models import RecoveryCode, TOTPDevice
from authkit.sessions.models import Session

__all__ = ["APIKey", "RecoveryCode", "Session", "TOTPDevice"]
