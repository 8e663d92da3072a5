"""The ticket in the query of a stream. Knows Django's requests alone."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from authkit.core.http.client import client_of
from authkit.core.http.credentials import HeaderCredential
from authkit.errors import (
    BEARER_CHALLENGE,
    APIKeyInvalid,
    APIKeyRateExceeded,
    CredentialInURL,
    EnrolmentRequired,
    SessionEnded,
    TicketInvalid,
)
from authkit.tickets.flows import redeem, ticket_within

EVENT_STREAM = "text/event-stream"


class TicketCredential(HeaderCredential):
    """``?ticket=<ticket>``, of a browser's ``EventSource``, which can send no header.

    Only streams take it: a GET that accepts ``text/event-stream``. A ticket is in the logs of
    servers as well, and spent by then.
    """

    refuses = (
        *(TicketInvalid, SessionEnded, APIKeyInvalid, APIKeyRateExceeded, EnrolmentRequired),
        *HeaderCredential.refuses,
    )
    query_parameter = "ticket"

    @property
    def challenge(self) -> str:
        return BEARER_CHALLENGE  # by which a client gets a ticket

    def get_credential(self, request: HttpRequest) -> str | None:
        return request.GET.get(self.query_parameter)

    def verify(self, request: HttpRequest, credential: str) -> tuple[Any, Any]:
        if not _is_stream(request):
            raise CredentialInURL
        return redeem(credential, request.path, client_of(request))

    def find_credential(self, text: str) -> str | None:
        return "ticket" if ticket_within(text) else None


def _is_stream(request: HttpRequest) -> bool:
    accepted = (
        one.partition(";")[0].strip() for one in request.headers.get("Accept", "").split(",")
    )
    return request.method == "GET" and EVENT_STREAM in accepted
