from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.http.openapi import CODE_REFUSALS, ENROLMENT_REQUIRED, refusal
from authkit.factors.recovery_codes.flows import new_recovery_codes
from authkit.factors.recovery_codes.serializers import RecoveryCodesSerializer
from authkit.factors.serializers import CodeSerializer
from authkit.sessions.owner import OwnerView, current_user


class RecoveryCodesView(OwnerView):
    serializer_class = CodeSerializer

    @extend_schema(
        operation_id="recovery_codes_create",
        tags=["auth"],
        summary="Replace your recovery codes",
        description="The old ones die in the same instant. The new ones are shown this once.",
        responses={
            201: RecoveryCodesSerializer,
            401: refusal("`invalid_code`; `not_authenticated` or `token_invalid`."),
            403: ENROLMENT_REQUIRED,
            **CODE_REFUSALS,
        },
    )
    def post(self, request: Request) -> Response:
        codes = new_recovery_codes(current_user(request), self.read(request)["code"])
        return Response({"recovery_codes": codes}, status.HTTP_201_CREATED)
