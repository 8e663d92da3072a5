"""The authenticators that ``DEFAULT_AUTHENTICATION_CLASSES`` names, and other views call."""

from authkit.api_keys.using.authentication import APIKeyAuthentication, PlainAPIKeyAuthentication
from authkit.api_keys.using.bearer import BearerAuthentication
from authkit.principals.principal import Principal
from authkit.principals.resolve import aresolve, resolve
from authkit.principals.responses import refusal_response
from authkit.sessions.access.authentication import JWTAuthentication
from authkit.tickets.authentication import TicketAuthentication

__all__ = [
    "APIKeyAuthentication",
    "BearerAuthentication",
    "JWTAuthentication",
    "PlainAPIKeyAuthentication",
    "Principal",
    "TicketAuthentication",
    "aresolve",
    "refusal_response",
    "resolve",
]
