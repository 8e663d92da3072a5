"""Credentials in headers: whether a request presents one, and what refuses it.

Knows Django's requests alone. REST framework's authenticators stand on it, and so does
:func:`authkit.principals.resolve.resolve`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_plus

from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from authkit.core.db.outages import outages_as_503
from authkit.core.http.client import client_of
from authkit.core.http.security_log import note
from authkit.errors import AuthkitError, CredentialInURL, MultipleCredentials, ServiceUnavailable


class HeaderCredential:
    """A kind of credential that is sent in one header; a request may have one kind.

    An outage of the database is 503 also in views of the project.

    A credential in the URL is refused, also beside a valid one in the header: URLs are kept in
    logs, histories and ``Referer`` headers (OWASP ASVS 5.0, 14.2.1).
    """

    #: The errors that a request may meet here, for the OpenAPI document of our own views.
    refuses: tuple[type[AuthkitError], ...] = (CredentialInURL, ServiceUnavailable)

    #: The name of the header as a client writes it.
    header: str

    #: The query parameter that is read instead; insecure, but some projects need it.
    query_parameter: str | None = None

    #: Whether it has scopes, and so may have fewer rights than its user.
    holds_scopes = False

    @property
    def challenge(self) -> str:
        """The challenge of ``WWW-Authenticate`` that asks for it (RFC 9110 section 11.6.1)."""
        raise NotImplementedError

    def get_credential(self, request: HttpRequest) -> str | None:
        """Return the credential that the client presented, also ``""``; None without one."""
        raise NotImplementedError

    def verify(self, request: HttpRequest, credential: str) -> tuple[Any, Any]:
        """Return ``(user, auth)``, or raise an ``AuthkitError``."""
        raise NotImplementedError

    def find_credential(self, text: str) -> str | None:
        """Return the part of a credential in a text that may be logged; None without one."""
        raise NotImplementedError

    # Crash reports show the variables of every function below: the token, the key.
    @sensitive_variables()
    def identify(
        self, request: HttpRequest, accepted: Iterable[object] = ()
    ) -> tuple[Any, Any] | None:
        """Return ``(user, auth)``; None if the request presents no credential of this kind.

        :param accepted: all kinds that are accepted where the request is answered.
        :raises AuthkitError: the credential is refused.
        """
        self._refuse_credential_in_url(request, accepted)
        credential = self.get_credential(request)
        if credential is None:
            return None
        if self._another_is_presented(request, accepted):
            raise MultipleCredentials
        with outages_as_503():
            return self.verify(request, credential)

    @property
    def place(self) -> str:
        """Where the credential is sent, which distinguishes the kinds."""
        return f"?{self.query_parameter}" if self.query_parameter else self.header.lower()

    def _another_is_presented(self, request: HttpRequest, accepted: Iterable[object]) -> bool:
        # Only what is accepted here counts: a view that accepts bearer tokens alone ignores an
        # X-API-Key that a gateway adds to every request.
        return any(
            isinstance(other, HeaderCredential)
            and other.place != self.place
            and other.get_credential(request) is not None
            for other in accepted
        )

    def _refuse_credential_in_url(self, request: HttpRequest, accepted: Iterable[object]) -> None:
        found = self.find_credential(request.path)
        query = request.META.get("QUERY_STRING")
        if found is None and query:
            found = self._find_in_query(unquote_plus(query), accepted)
        if found is not None:
            # Logged, but not stored: an attacker could fill the table with such requests.
            client = client_of(request)
            note("credential_in_url", client=client, credential=found)
            raise CredentialInURL

    def _find_in_query(self, query: str, accepted: Iterable[object]) -> str | None:
        found = self.find_credential(query)
        if found is None:
            return None
        # The project may accept this kind of credential in the query.
        ours = [one for one in (self, *accepted) if isinstance(one, HeaderCredential)]
        readers = [one for one in ours if one.query_parameter]
        return None if any(one.find_credential(query) for one in readers) else found

    def raw_header(self, request: HttpRequest) -> str | None:
        return request.META.get("HTTP_" + self.header.upper().replace("-", "_"))
