from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework_api_key.models import AbstractAPIKey

from authkit.core.db.outages import outages_as_503
from authkit.core.http.client import client_of
from authkit.core.http.security_log import note
from authkit.errors import CredentialInURL, MultipleCredentials, ServiceUnavailable


class HeaderCredentialAuthentication(BaseAuthentication):
    """An authenticator that reads one header and refuses requests with two credentials.

    An outage of the database is 503 also in views of the project.

    A credential in the URL is refused, also beside a valid one in the header: URLs are kept in
    logs, histories and ``Referer`` headers (OWASP ASVS 5.0, 14.2.1).
    """

    #: The errors that a request may meet here, for the OpenAPI document of our own views.
    refuses: tuple[type[APIException], ...] = (CredentialInURL, ServiceUnavailable)

    #: The name of the header as a client writes it.
    header: str

    #: The query parameter that is read instead; insecure, but some projects need it.
    query_parameter: str | None = None

    def get_credential(self, request: Request) -> str | None:
        """Return the credential that the client presented, also ``""``; None without one."""
        raise NotImplementedError

    def verify(self, request: Request, credential: str) -> tuple[Any, Any]:
        """Return ``(user, auth)``, or raise an ``AuthkitError``."""
        raise NotImplementedError

    def find_credential(self, text: str) -> str | None:
        """Return the part of a credential in a text that may be logged; None without one."""
        raise NotImplementedError

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        self._refuse_credential_in_url(request)
        credential = self.get_credential(request)
        if credential is None:
            return None
        if self._another_is_presented(request):
            raise MultipleCredentials
        with outages_as_503():
            return self.verify(request, credential)

    @property
    def place(self) -> str:
        """Where the credential is sent, which distinguishes authenticators."""
        return f"?{self.query_parameter}" if self.query_parameter else self.header.lower()

    def _others(self, request: Request) -> list[HeaderCredentialAuthentication]:
        authenticators = request.authenticators or ()
        return [one for one in authenticators if isinstance(one, HeaderCredentialAuthentication)]

    def _another_is_presented(self, request: Request) -> bool:
        # Only the authenticators of this view count: a view that accepts bearer tokens alone
        # ignores an X-API-Key that a gateway adds to every request.
        return any(
            other.place != self.place and other.get_credential(request) is not None
            for other in self._others(request)
        )

    def _refuse_credential_in_url(self, request: Request) -> None:
        received = request._request  # every attribute of DRF's request is looked up twice
        found = self.find_credential(received.path)
        query = received.META.get("QUERY_STRING")
        if found is None and query:
            found = self._find_in_query(request, unquote_plus(query))
        if found is not None:
            # Logged, but not stored: an attacker could fill the table with such requests.
            client = client_of(received)
            note("credential_in_url", client=client, credential=found)
            raise CredentialInURL

    def _find_in_query(self, request: Request, query: str) -> str | None:
        found = self.find_credential(query)
        if found is None:
            return None
        # The project may accept this kind of credential in the query.
        readers = [one for one in [self, *self._others(request)] if one.query_parameter]
        return None if any(one.find_credential(query) for one in readers) else found

    def raw_header(self, request: Request) -> str | None:
        return request._request.META.get("HTTP_" + self.header.upper().replace("-", "_"))


def is_key(request: Request) -> bool:
    """Say whether an API key authenticated a request, of authkit's table or of another."""
    if isinstance(request.auth, AbstractAPIKey):
        return True
    by_key = getattr(request.successful_authenticator, "holds_scopes", False)
    return by_key and request.auth is not None
