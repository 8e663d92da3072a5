"""Every admin page of the app, where Django looks for them."""

from authkit.api_keys.admin import APIKeyAdmin
from authkit.second_factor.admin import TOTPDeviceAdmin

__all__ = ["APIKeyAdmin", "TOTPDeviceAdmin"]
