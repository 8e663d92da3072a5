"""The authenticators that ``DEFAULT_AUTHENTICATION_CLASSES`` names."""

from authkit.api_keys.using.authentication import APIKeyAuthentication, PlainAPIKeyAuthentication
from authkit.sessions.access.authentication import JWTAuthentication

__all__ = ["APIKeyAuthentication", "JWTAuthentication", "PlainAPIKeyAuthentication"]
