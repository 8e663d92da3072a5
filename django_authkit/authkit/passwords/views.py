from __future__ import annotations

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.http.client import client_of
from authkit.core.http.openapi import (
    ACCEPTED,
    BAD_REQUEST,
    DONE,
    ENROLMENT_REQUIRED,
    LOCKED,
    NOT_JSON,
    TOO_MANY,
    refusal,
)
from authkit.core.http.views import PublicView
from authkit.passwords import flows, reset
from authkit.passwords.serializers import (
    PasswordChangeSerializer,
    PasswordResetConfirmSerializer,
    PasswordResetSerializer,
)
from authkit.sessions.owner import OwnerView, current_session, current_user


class PasswordChangeView(OwnerView):
    serializer_class = PasswordChangeSerializer

    @extend_schema(
        operation_id="password_change",
        tags=["auth"],
        summary="Change your password and end all your sessions but this one",
        responses={
            204: DONE,
            400: BAD_REQUEST,
            401: refusal(
                "`invalid_credentials` if the current password is wrong; "
                "`not_authenticated` or `token_invalid`."
            ),
            403: ENROLMENT_REQUIRED,
            415: NOT_JSON,
            423: LOCKED,
            429: TOO_MANY,
        },
    )
    def post(self, request: Request) -> Response:
        passwords = self.read(request)
        flows.change_password(
            current_user(request),
            current_session(request),
            current=passwords["current_password"],
            new=passwords["new_password"],
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordResetView(PublicView):
    permission_classes = [AllowAny]
    serializer_class = PasswordResetSerializer

    @extend_schema(
        operation_id="password_reset",
        tags=["auth"],
        summary="Ask for a link to set a new password",
        description="The answer is the same whether there is such an account or not.",
        responses={202: ACCEPTED, 400: BAD_REQUEST, 415: NOT_JSON},
    )
    def post(self, request: Request) -> Response:
        email = self.read(request)["email"]
        reset.request_reset(email, client_of(request._request))
        return Response({}, status.HTTP_202_ACCEPTED)


class PasswordResetConfirmView(PublicView):
    permission_classes = [AllowAny]
    serializer_class = PasswordResetConfirmSerializer

    @extend_schema(
        operation_id="password_reset_confirm",
        tags=["auth"],
        summary="Set a new password with what a link brought, and end all sessions",
        description="Logs nobody in. A second factor stays as it is.",
        responses={
            204: DONE,
            400: OpenApiResponse(
                BAD_REQUEST.response,
                description="`link_invalid`, or the body or the password is not as it should be.",
            ),
            415: NOT_JSON,
        },
    )
    def post(self, request: Request) -> Response:
        answer = self.read(request)
        reset.confirm_reset(answer["uid"], answer["token"], new=answer["new_password"])
        return Response(status=status.HTTP_204_NO_CONTENT)
