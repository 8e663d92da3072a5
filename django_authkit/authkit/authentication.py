"""The authenticators that ``DEFAULT_AUTHENTICATION_CLASSES`` names."""

from authkit.api_keys.authentication import APIKeyAuthentication, PlainAPIKeyAuthentication
from authkit.sessions.authentication import JWTAuthentication

__all__ = ["APIKeyAuthentication", "JWTAuthentication", "PlainAPIKeyAuthentication"]
