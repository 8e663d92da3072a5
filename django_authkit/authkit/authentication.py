"""The authenticators that ``DEFAULT_AUTHENTICATION_CLASSES`` names."""

from authkit.api_keys.using.authentication import APIKeyAuthentication, PlainAPIKeyAuthentication
from authkit.api_keys.using.bearer import BearerAuthentication
from authkit.sessions.access.authentication import JWTAuthentication

__all__ = [
    "APIKeyAuthentication",
    "BearerAuthentication",
    "JWTAuthentication",
    "PlainAPIKeyAuthentication",
]
