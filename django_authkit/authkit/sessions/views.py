from __future__ import annotations

from dataclasses import asdict

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.http.openapi import (
    BAD_REQUEST,
    DONE,
    ENROLMENT_REQUIRED,
    NOT_AUTHENTICATED,
    NOT_FOUND,
    NOT_JSON,
    EmptySerializer,
    refusal,
)
from authkit.core.http.views import PublicView
from authkit.sessions.log_out import log_out
from authkit.sessions.owner import OwnerView, current_session, current_user, uuid_or_404
from authkit.sessions.revoke import end_other_sessions, end_session, live_sessions
from authkit.sessions.rotate import refresh_session
from authkit.sessions.serializers import (
    AnyTokenSerializer,
    RefreshTokenSerializer,
    SessionSerializer,
    TokenPairSerializer,
)
from authkit.sessions.validate import verify_token


class TokenRefreshView(PublicView):
    permission_classes = [AllowAny]
    serializer_class = RefreshTokenSerializer

    @extend_schema(
        operation_id="token_refresh",
        tags=["auth"],
        summary="Exchange a refresh token for the next pair of tokens",
        description=(
            "The token sent is spent. Sending it again within a few seconds gives the same "
            "pair; sending it later ends the session, since it must have been copied."
        ),
        responses={
            200: TokenPairSerializer,
            400: BAD_REQUEST,
            401: refusal("`token_invalid` or `token_reused`."),
            415: NOT_JSON,
        },
    )
    def post(self, request: Request) -> Response:
        pair = refresh_session(self.read(request)["refresh"])
        return Response(asdict(pair))


class TokenVerifyView(PublicView):
    permission_classes = [AllowAny]
    serializer_class = AnyTokenSerializer

    @extend_schema(
        operation_id="token_verify",
        tags=["auth"],
        summary="Say whether a token would be accepted now",
        responses={
            200: EmptySerializer,
            400: BAD_REQUEST,
            401: refusal("`token_invalid`."),
            415: NOT_JSON,
        },
    )
    def post(self, request: Request) -> Response:
        verify_token(self.read(request)["token"])
        return Response({})


class TokenRevokeView(PublicView):
    permission_classes = [AllowAny]
    serializer_class = RefreshTokenSerializer

    @extend_schema(
        operation_id="token_revoke",
        tags=["auth"],
        summary="Log out: end the session of a refresh token",
        description="Also answers 204 for a token that is already dead (RFC 7009 section 2.2).",
        responses={204: DONE, 400: BAD_REQUEST, 415: NOT_JSON},
    )
    def post(self, request: Request) -> Response:
        log_out(self.read(request)["refresh"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionListView(OwnerView):
    serializer_class = SessionSerializer

    @extend_schema(
        operation_id="sessions_list",
        tags=["auth"],
        summary="List your live sessions, most recently used first",
        responses={
            200: SessionSerializer(many=True),
            401: NOT_AUTHENTICATED,
            403: ENROLMENT_REQUIRED,
        },
    )
    def get(self, request: Request) -> Response:
        serializer = SessionSerializer(
            live_sessions(current_user(request)),
            many=True,
            context={"current": current_session(request)},
        )
        return Response(serializer.data)

    @extend_schema(
        operation_id="sessions_delete_others",
        tags=["auth"],
        summary="End all your sessions but this one",
        responses={204: DONE, 401: NOT_AUTHENTICATED, 403: ENROLMENT_REQUIRED},
    )
    def delete(self, request: Request) -> Response:
        end_other_sessions(current_user(request), current_session(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionView(OwnerView):
    @extend_schema(
        operation_id="sessions_delete",
        tags=["auth"],
        summary="End one of your sessions",
        parameters=[OpenApiParameter("session_id", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        responses={
            204: DONE,
            401: NOT_AUTHENTICATED,
            403: ENROLMENT_REQUIRED,
            404: NOT_FOUND,
        },
    )
    def delete(self, request: Request, session_id: str) -> Response:
        if not end_session(current_user(request), uuid_or_404(session_id)):
            raise NotFound
        return Response(status=status.HTTP_204_NO_CONTENT)
