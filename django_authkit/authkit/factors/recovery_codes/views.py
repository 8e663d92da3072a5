from __future__ import annotations

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.http import tags
from authkit.core.http.openapi import CODE_CHECK, operation
from authkit.factors.recovery_codes.flows import new_recovery_codes
from authkit.factors.recovery_codes.serializers import RecoveryCodesSerializer
from authkit.factors.serializers import CodeSerializer
from authkit.sessions.access.owner import OwnerView, current_session, current_user


class RecoveryCodesView(OwnerView):
    tag = tags.SECOND_FACTOR
    serializer_class = CodeSerializer

    @operation(
        "authkit_recovery_codes_create",
        "Replace your recovery codes",
        {201: RecoveryCodesSerializer},
        refuses=CODE_CHECK,
        description="The old codes become invalid. The new ones are shown only in this answer.",
    )
    def post(self, request: Request) -> Response:
        code = self.read(request)["code"]
        codes = new_recovery_codes(current_user(request), current_session(request), code)
        return Response({"recovery_codes": codes}, status.HTTP_201_CREATED)
