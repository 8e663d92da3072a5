from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework_api_key.models import AbstractAPIKey

from authkit.core.http.credentials import HeaderCredential


class HeaderCredentialAuthentication(HeaderCredential, BaseAuthentication):
    """The authenticator for a kind of credential, for REST framework's requests and Django's.

    On a request of REST framework, the other authenticators of the view say which credentials
    are accepted there; on one of Django, this alone is.
    """

    def authenticate(self, request: Request | HttpRequest) -> tuple[Any, Any] | None:
        received = getattr(request, "_request", request)
        return self.identify(received, getattr(request, "authenticators", None) or ())

    def authenticate_header(self, request: Any) -> str:
        return self.challenge


def is_key(request: Request) -> bool:
    """Say whether an API key authenticated a request, of authkit's table or of another."""
    if isinstance(request.auth, AbstractAPIKey):
        return True
    by_key = getattr(request.successful_authenticator, "holds_scopes", False)
    return by_key and request.auth is not None
