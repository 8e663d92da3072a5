from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.documentation import BAD_REQUEST, DONE, NOT_JSON, refusal
from authkit.passwords import flows
from authkit.passwords.serializers import PasswordChangeSerializer
from authkit.sessions.views import OwnerView, current_session, current_user


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
            415: NOT_JSON,
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
