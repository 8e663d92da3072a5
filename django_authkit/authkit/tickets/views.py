from __future__ import annotations

from rest_framework import status
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.api_keys.models import APIKey
from authkit.api_keys.using.authentication import APIKeyAuthentication
from authkit.core.http import tags
from authkit.core.http.openapi import operation
from authkit.core.http.views import AuthkitView
from authkit.core.limits.throttles import counted_as
from authkit.errors import RequestsExceeded
from authkit.sessions.access.authentication import JWTAuthentication
from authkit.sessions.access.bearer import AccessToken
from authkit.tickets.flows import LIFETIME, issue_ticket
from authkit.tickets.serializers import TicketRequestSerializer, TicketSerializer


class TicketView(AuthkitView):
    tag = tags.TOKENS
    refuses = (*AuthkitView.refuses, NotAuthenticated)
    credentials = (AccessToken, APIKey)
    authentication_classes = [JWTAuthentication, APIKeyAuthentication]
    permission_classes = [IsAuthenticated]
    serializer_class = TicketRequestSerializer

    @operation(
        "authkit_ticket",
        "Get a ticket for a WebSocket or an EventSource",
        {201: TicketSerializer},
        refuses=[RequestsExceeded],
        description=(
            "Opens one connection of the same user, by the same session or API key, within 30 "
            "seconds. A browser sends it as WebSocket subprotocol: `authkit.ticket.<ticket>`, "
            "beside `authkit`; or as `?ticket=` to a stream."
        ),
    )
    def post(self, request: Request) -> Response:
        path = self.read(request).get("path", "")
        ticket = issue_ticket(request.auth, counted_as(request) or "", path)
        expires_in = int(LIFETIME.total_seconds())
        return Response({"ticket": ticket, "expires_in": expires_in}, status.HTTP_201_CREATED)
