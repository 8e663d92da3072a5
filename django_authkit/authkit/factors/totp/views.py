from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.http.openapi import (
    BAD_REQUEST,
    CODE_REFUSALS,
    DONE,
    EMAIL_UNVERIFIED,
    ENROLMENT_REQUIRED,
    NOT_JSON,
    EmptySerializer,
    refusal,
)
from authkit.factors.flows import disable
from authkit.factors.recovery_codes.serializers import RecoveryCodesSerializer
from authkit.factors.serializers import CodeSerializer
from authkit.factors.totp import flows
from authkit.factors.totp.serializers import DisableSerializer, TOTPSetupSerializer
from authkit.sessions.authentication import EnrolmentAuthentication
from authkit.sessions.owner import OwnerView, current_session, current_user
from authkit.sessions.permissions import MayAddCredentials, RecentlyAuthenticated


class TOTPSetupView(OwnerView):
    authentication_classes = [EnrolmentAuthentication]
    permission_classes = [IsAuthenticated, RecentlyAuthenticated, MayAddCredentials]
    serializer_class = EmptySerializer

    @extend_schema(
        operation_id="totp_setup",
        tags=["auth"],
        summary="Start to set up an authenticator app",
        description=(
            "Nothing changes until the first code is verified; an app that is already set up "
            "goes on working till then. Wants a proof of the last five minutes."
        ),
        request=None,
        responses={
            201: TOTPSetupSerializer,
            401: refusal(
                "`insufficient_user_authentication`: reauthenticate first; "
                "`not_authenticated` or `token_invalid`."
            ),
            400: BAD_REQUEST,
            403: EMAIL_UNVERIFIED,
            415: NOT_JSON,
        },
    )
    def post(self, request: Request) -> Response:
        self.read(request)
        setup = flows.set_up(current_user(request))
        return Response(TOTPSetupSerializer(setup).data, status.HTTP_201_CREATED)


class TOTPVerifyView(OwnerView):
    authentication_classes = [EnrolmentAuthentication]
    serializer_class = CodeSerializer

    @extend_schema(
        operation_id="totp_verify",
        tags=["auth"],
        summary="Turn the second factor on with the app's first code",
        description="Your other sessions end. The recovery codes are shown this once.",
        responses={
            200: RecoveryCodesSerializer,
            401: refusal("`invalid_code`; `not_authenticated` or `token_invalid`."),
            **CODE_REFUSALS,
        },
    )
    def post(self, request: Request) -> Response:
        code = self.read(request)["code"]
        codes = flows.confirm(current_user(request), current_session(request), code)
        return Response({"recovery_codes": codes})


class TOTPDisableView(OwnerView):
    serializer_class = DisableSerializer

    @extend_schema(
        operation_id="totp_disable",
        tags=["auth"],
        summary="Turn the second factor off",
        description=(
            "Your other sessions end, and the recovery codes with them. This one has passed no "
            "second factor any more."
        ),
        responses={
            204: DONE,
            401: refusal(
                "`invalid_credentials` or `invalid_code`; `not_authenticated` or `token_invalid`."
            ),
            403: ENROLMENT_REQUIRED,
            **CODE_REFUSALS,
        },
    )
    def post(self, request: Request) -> Response:
        proof = self.read(request)
        disable(current_user(request), current_session(request), **proof)
        return Response(status=status.HTTP_204_NO_CONTENT)
