from __future__ import annotations

from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.http import tags
from authkit.core.http.client import client_of
from authkit.core.http.openapi import ACCEPTED, DONE, PASSWORD_CHECK, operation
from authkit.core.http.views import PublicView
from authkit.errors import LinkInvalid, NoPassword, PasswordManagedElsewhere
from authkit.passwords import flows, reset
from authkit.passwords.serializers import (
    PasswordChangeSerializer,
    PasswordResetConfirmSerializer,
    PasswordResetSerializer,
)
from authkit.sessions.access.owner import OwnerView, current_session, current_user


class PasswordChangeView(OwnerView):
    tag = tags.PASSWORD
    serializer_class = PasswordChangeSerializer

    @operation(
        "authkit_password_change",
        "Change your password and end all other sessions",
        DONE,
        refuses=[*PASSWORD_CHECK, NoPassword, PasswordManagedElsewhere],
        description=(
            "A password of a directory (LDAP or the like) is not changed here. An account without "
            "a password gets a first one by `password/set/`."
        ),
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
    tag = tags.PASSWORD
    permission_classes = [AllowAny]
    serializer_class = PasswordResetSerializer

    @operation(
        "authkit_password_reset",
        "Request a link to reset a password",
        ACCEPTED,
        description="Prevents user enumeration: unknown e-mail addresses get the same answer.",
    )
    def post(self, request: Request) -> Response:
        email = self.read(request)["email"]
        reset.request_reset(email, client_of(request._request))
        return Response({}, status.HTTP_202_ACCEPTED)


class PasswordResetConfirmView(PublicView):
    tag = tags.PASSWORD
    permission_classes = [AllowAny]
    serializer_class = PasswordResetConfirmSerializer

    @operation(
        "authkit_password_reset_confirm",
        "Set a new password with the token of a reset link, and end all sessions",
        DONE,
        refuses=[LinkInvalid],
        description="Does not log in, and does not change the second factor.",
    )
    def post(self, request: Request) -> Response:
        answer = self.read(request)
        reset.confirm_reset(answer["uid"], answer["token"], new=answer["new_password"])
        return Response(status=status.HTTP_204_NO_CONTENT)
