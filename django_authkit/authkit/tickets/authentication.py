from __future__ import annotations

from authkit.core.http.header_credentials import HeaderCredentialAuthentication
from authkit.tickets.credential import TicketCredential


class TicketAuthentication(TicketCredential, HeaderCredentialAuthentication):
    """``?ticket=<ticket>`` on streams, three queries; ``ticket/`` makes tickets.

    ``request.user`` and ``request.auth`` are those of the request that asked for the ticket: a user
    with the session, or the owner of an API key with the key. Other requests than a GET that
    accepts ``text/event-stream`` are refused with 400 ``credential_in_url``.
    """
