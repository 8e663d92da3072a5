from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.http import tags
from authkit.core.http.client import client_of
from authkit.core.http.openapi import DONE, LISTED, EmptySerializer, operation
from authkit.errors import SessionEnded, TokenExpired, TokenInvalid, TokenReused
from authkit.sessions.access.body_token import BodyTokenView
from authkit.sessions.access.owner import OwnerView, current_session, current_user, uuid_or_404
from authkit.sessions.ending.log_out import log_out
from authkit.sessions.ending.revoke import end_other_sessions, end_session, live_sessions
from authkit.sessions.rotate import refresh_session
from authkit.sessions.serializers import (
    TOKEN_PAIR,
    AnyTokenSerializer,
    RefreshTokenSerializer,
    SessionSerializer,
)
from authkit.sessions.validate import verify_token


class TokenRefreshView(BodyTokenView):
    permission_classes = [AllowAny]
    serializer_class = RefreshTokenSerializer
    sent_as = "refresh"
    token_types = ("refresh",)

    @operation(
        "authkit_token_refresh",
        "Exchange a refresh token for a new access and refresh token",
        {200: TOKEN_PAIR},
        refuses=[TokenInvalid, SessionEnded, TokenReused],
        description=(
            "Rotation: each refresh token can be used once. A retry within a few seconds from the "
            "same network returns the same pair; every other one may be the replay of a copied "
            "token, and ends the session."
        ),
    )
    def post(self, request: Request) -> Response:
        pair = refresh_session(self.read(request)["refresh"], client_of(request._request))
        return Response(pair.data)


class TokenVerifyView(BodyTokenView):
    permission_classes = [AllowAny]
    serializer_class = AnyTokenSerializer
    sent_as = "token"
    token_types = ("access", "refresh")

    @operation(
        "authkit_token_verify",
        "Check whether an access or refresh token is valid",
        {200: EmptySerializer},
        refuses=[TokenInvalid, TokenExpired, SessionEnded],
    )
    def post(self, request: Request) -> Response:
        verify_token(self.read(request)["token"], client_of(request._request))
        return Response({})


class TokenRevokeView(BodyTokenView):
    permission_classes = [AllowAny]
    serializer_class = RefreshTokenSerializer
    sent_as = "refresh"
    token_types = ("refresh",)

    @operation(
        "authkit_token_revoke",
        "Log out: end the session of a refresh token",
        DONE,
        description="Answers 204 for an invalid token as well (RFC 7009 section 2.2).",
    )
    def post(self, request: Request) -> Response:
        log_out(self.read(request)["refresh"])
        return Response(status=status.HTTP_204_NO_CONTENT)


#: How many sessions the list shows, the most recently used.
MAX_LISTED = 100


class SessionListView(OwnerView):
    tag = tags.SESSIONS
    serializer_class = SessionSerializer

    @operation(
        "authkit_sessions_list",
        "List your active sessions, most recently used first",
        {200: LISTED},
        description="At most 100; `DELETE` ends the others as well.",
    )
    def get(self, request: Request) -> Response:
        serializer = self.serializer_class(
            live_sessions(current_user(request))[:MAX_LISTED],
            many=True,
            context={"current": current_session(request)},
        )
        return Response(serializer.data)

    @operation(
        "authkit_sessions_delete_others",
        "End all your sessions except the current one",
        DONE,
    )
    def delete(self, request: Request) -> Response:
        end_other_sessions(current_user(request), current_session(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionView(OwnerView):
    tag = tags.SESSIONS

    @operation(
        "authkit_sessions_delete",
        "End one of your sessions",
        DONE,
        parameters=[OpenApiParameter("session_id", OpenApiTypes.UUID, OpenApiParameter.PATH)],
    )
    def delete(self, request: Request, session_id: str) -> Response:
        if not end_session(current_user(request), uuid_or_404(session_id)):
            raise NotFound
        return Response(status=status.HTTP_204_NO_CONTENT)
