from __future__ import annotations

from dataclasses import asdict

from django.contrib.auth import get_user_model
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.documentation import BAD_REQUEST, NOT_JSON, TOO_MANY, refusal
from authkit.core.views import PublicView
from authkit.login import flows
from authkit.login.serializers import CredentialsSerializer
from authkit.sessions.serializers import TokenPairSerializer


class TokenObtainView(PublicView):
    serializer_class = CredentialsSerializer

    @extend_schema(
        operation_id="token_obtain",
        tags=["auth"],
        summary="Log in: exchange a password for the tokens of a new session",
        responses={
            200: TokenPairSerializer,
            400: BAD_REQUEST,
            401: refusal("`invalid_credentials`, whatever of them is wrong."),
            415: NOT_JSON,
            429: TOO_MANY,
        },
    )
    def post(self, request: Request) -> Response:
        credentials = self.read(request)
        username = credentials[get_user_model().USERNAME_FIELD]
        pair = flows.log_in(request._request, username, credentials["password"])
        return Response(asdict(pair))
