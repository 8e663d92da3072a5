from __future__ import annotations

from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.http import tags
from authkit.core.http.openapi import CODE_CHECK, DONE, PASSWORD_CHECK, operation
from authkit.errors import NothingToConfirm, StepUpRequired
from authkit.factors.disable import disable
from authkit.factors.recovery_codes.serializers import RecoveryCodesSerializer
from authkit.factors.serializers import CodeSerializer
from authkit.factors.totp import flows
from authkit.factors.totp.serializers import (
    DisableSerializer,
    SetupProofSerializer,
    TOTPSetupSerializer,
)
from authkit.sessions.access.authentication import EnrolmentAuthentication
from authkit.sessions.access.owner import (
    OwnerView,
    current_session,
    current_user,
    is_recently_authenticated,
)
from authkit.sessions.access.permissions import MayAddCredentials


class TOTPSetupView(OwnerView):
    tag = tags.SECOND_FACTOR
    authentication_classes = [EnrolmentAuthentication]
    permission_classes = [IsAuthenticated, MayAddCredentials]
    serializer_class = SetupProofSerializer

    @operation(
        "authkit_totp_setup",
        "Start the set-up of an authenticator app (TOTP)",
        {201: TOTPSetupSerializer},
        refuses=[StepUpRequired, *CODE_CHECK],
        description=(
            "Takes effect when `2fa/totp/verify/` accepts the first code; until then, an app that "
            "is already set up stays valid. Requires a code of the second factor if the account "
            "has one, else authentication within the last five minutes."
        ),
    )
    def post(self, request: Request) -> Response:
        setup = flows.set_up(
            current_user(request),
            self.read(request).get("code"),
            recent=is_recently_authenticated(request),
            session=current_session(request),
        )
        return Response(TOTPSetupSerializer(setup).data, status.HTTP_201_CREATED)


class TOTPVerifyView(OwnerView):
    tag = tags.SECOND_FACTOR
    authentication_classes = [EnrolmentAuthentication]
    serializer_class = CodeSerializer

    @operation(
        "authkit_totp_verify",
        "Enable the second factor with the first code of the app",
        {200: RecoveryCodesSerializer},
        refuses=[NothingToConfirm, *CODE_CHECK],
        description="Ends your other sessions. The recovery codes are shown only in this answer.",
    )
    def post(self, request: Request) -> Response:
        code = self.read(request)["code"]
        codes = flows.confirm(current_user(request), current_session(request), code)
        return Response({"recovery_codes": codes})


class TOTPDisableView(OwnerView):
    tag = tags.SECOND_FACTOR
    serializer_class = DisableSerializer

    @operation(
        "authkit_totp_disable",
        "Disable the second factor",
        DONE,
        refuses=[*PASSWORD_CHECK, *CODE_CHECK],
        description=(
            "Ends your other sessions and deletes the recovery codes. The current session no "
            "longer counts as authenticated with a second factor."
        ),
    )
    def post(self, request: Request) -> Response:
        proof = self.read(request)
        disable(
            current_user(request),
            current_session(request),
            password=proof.get("password"),
            code=proof["code"],
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
