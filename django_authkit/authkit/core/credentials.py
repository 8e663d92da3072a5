from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from authkit.errors import MultipleCredentials


class HeaderCredentialAuthentication(BaseAuthentication):
    """An authenticator that reads one header and refuses to guess between two credentials."""

    #: The name of the header as a client writes it.
    header: str

    def get_credential(self, request: Request) -> str | None:
        """Return what the client presented, ``""`` included, or None where it presented nothing."""
        raise NotImplementedError

    def verify(self, credential: str) -> tuple[Any, Any]:
        """Return ``(user, auth)``, or raise an ``AuthkitError``."""
        raise NotImplementedError

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        credential = self.get_credential(request)
        if credential is None:
            return None
        if self._another_is_presented(request):
            raise MultipleCredentials
        return self.verify(credential)

    def _another_is_presented(self, request: Request) -> bool:
        # Only the authenticators of this view count: one that takes bearer tokens alone
        # ignores an X-API-Key that a gateway adds to everything.
        return any(
            isinstance(other, HeaderCredentialAuthentication)
            and other.header.lower() != self.header.lower()
            and other.get_credential(request) is not None
            for other in request.authenticators or ()
        )

    def raw_header(self, request: Request) -> str | None:
        return request.META.get("HTTP_" + self.header.upper().replace("-", "_"))
