from __future__ import annotations

from dataclasses import asdict

from django.contrib.auth import get_user_model
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.http.openapi import (
    CODE_REFUSALS,
    refusal,
)
from authkit.core.http.views import PublicView
from authkit.login import flows
from authkit.login.serializers import (
    CredentialsSerializer,
    FreshAccessSerializer,
    ReauthenticationSerializer,
    SecondFactorChallengeSerializer,
    SecondFactorSerializer,
)
from authkit.sessions.authentication import EnrolmentAuthentication
from authkit.sessions.owner import OwnerView, current_session, current_user
from authkit.sessions.serializers import TokenPairSerializer


class TokenObtainView(PublicView):
    permission_classes = [AllowAny]
    serializer_class = CredentialsSerializer

    @extend_schema(
        operation_id="token_obtain",
        tags=["auth"],
        summary="Log in: exchange a password for the tokens of a new session",
        description="An account with a second factor is answered 202 and a challenge.",
        responses={
            200: TokenPairSerializer,
            202: SecondFactorChallengeSerializer,
            401: refusal("`invalid_credentials`, whatever of them is wrong; `invalid_code`."),
            **CODE_REFUSALS,
        },
    )
    def post(self, request: Request) -> Response:
        credentials = self.read(request)
        result = flows.log_in(
            request._request,
            username=credentials[get_user_model().USERNAME_FIELD],
            password=credentials["password"],
            otp=credentials.get("otp"),
        )
        pending = isinstance(result, flows.SecondFactorRequired)
        return Response(asdict(result), status.HTTP_202_ACCEPTED if pending else status.HTTP_200_OK)


class TokenSecondFactorView(PublicView):
    permission_classes = [AllowAny]
    serializer_class = SecondFactorSerializer

    @extend_schema(
        operation_id="token_second_factor",
        tags=["auth"],
        summary="Complete a log-in with the second factor",
        description="A challenge takes five codes within five minutes, and works once.",
        responses={
            200: TokenPairSerializer,
            401: refusal("`invalid_challenge`: log in again; `invalid_code`: try another."),
            **CODE_REFUSALS,
        },
    )
    def post(self, request: Request) -> Response:
        answer = self.read(request)
        pair = flows.complete_challenge(request._request, answer["challenge"], answer["code"])
        return Response(asdict(pair))


class ReauthenticateView(OwnerView):
    authentication_classes = [EnrolmentAuthentication]
    serializer_class = ReauthenticationSerializer

    @extend_schema(
        operation_id="reauthenticate",
        tags=["auth"],
        summary="Prove again who you are, for what wants a fresh proof",
        description="Where there is a second factor its code is needed, else the password.",
        responses={
            200: FreshAccessSerializer,
            401: refusal(
                "`invalid_credentials` or `invalid_code`, also if it is missing; "
                "`not_authenticated` or `token_invalid`."
            ),
            **CODE_REFUSALS,
        },
    )
    def post(self, request: Request) -> Response:
        proof = self.read(request)
        fresh = flows.reauthenticate(
            current_user(request),
            current_session(request),
            password=proof.get("password"),
            code=proof.get("code"),
        )
        return Response(asdict(fresh))
