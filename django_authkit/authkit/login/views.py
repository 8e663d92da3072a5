from __future__ import annotations

from dataclasses import asdict

from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.http import tags
from authkit.core.http.openapi import CODE_CHECK, PASSWORD_CHECK, operation
from authkit.core.http.views import PublicView
from authkit.errors import ChallengeInvalid, NoPassword
from authkit.login import flows
from authkit.login.serializers import (
    CredentialsSerializer,
    FreshAccessSerializer,
    ReauthenticationSerializer,
    SecondFactorChallengeSerializer,
    SecondFactorSerializer,
    log_in_arguments,
)
from authkit.sessions.access.authentication import EnrolmentAuthentication
from authkit.sessions.access.body_token import BodyTokenView
from authkit.sessions.access.owner import OwnerView, current_session, current_user
from authkit.sessions.serializers import TOKEN_PAIR


class TokenObtainView(PublicView):
    tag = tags.TOKENS
    permission_classes = [AllowAny]
    serializer_class = CredentialsSerializer

    @operation(
        "authkit_token_obtain",
        "Log in with user name and password; returns an access and a refresh token",
        {200: TOKEN_PAIR, 202: SecondFactorChallengeSerializer},
        refuses=[*PASSWORD_CHECK, *CODE_CHECK],
        description=(
            "If the account has a second factor and `otp` is missing, the answer is 202 with a "
            "challenge for `token/second-factor/`."
        ),
    )
    def post(self, request: Request) -> Response:
        credentials = log_in_arguments(self.read(request))
        result = flows.log_in(request._request, **credentials)
        pending = isinstance(result, flows.SecondFactorRequired)
        return Response(result.data, status.HTTP_202_ACCEPTED if pending else status.HTTP_200_OK)


class TokenSecondFactorView(BodyTokenView):
    permission_classes = [AllowAny]
    serializer_class = SecondFactorSerializer
    sent_as = "challenge"
    token_types = ("challenge",)

    @operation(
        "authkit_token_second_factor",
        "Complete a log-in with a code of the second factor",
        {200: TOKEN_PAIR},
        refuses=[ChallengeInvalid, *CODE_CHECK],
        description=(
            "A challenge expires after five minutes, accepts at most five codes, and can be "
            "completed once."
        ),
    )
    def post(self, request: Request) -> Response:
        answer = self.read(request)
        pair = flows.complete_challenge(request._request, answer["challenge"], answer["code"])
        return Response(pair.data)


class ReauthenticateView(OwnerView):
    tag = tags.TOKENS
    authentication_classes = [EnrolmentAuthentication]
    serializer_class = ReauthenticationSerializer

    @operation(
        "authkit_reauthenticate",
        "Confirm your identity; returns an access token for sensitive operations",
        {200: FreshAccessSerializer},
        refuses=[*PASSWORD_CHECK, *CODE_CHECK, NoPassword],
        description=(
            "Requires a code if the account has a second factor, else the password. A user with "
            "neither logs in again."
        ),
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
