"""Every admin page of the app, where Django looks for them."""

from authkit.api_keys.admin import APIKeyAdmin

__all__ = ["APIKeyAdmin"]
