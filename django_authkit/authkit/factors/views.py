from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.http.openapi import NOT_AUTHENTICATED
from authkit.factors.serializers import SecondFactorStateSerializer
from authkit.factors.state import state
from authkit.sessions.authentication import EnrolmentAuthentication
from authkit.sessions.owner import OwnerView, current_user


class SecondFactorView(OwnerView):
    authentication_classes = [EnrolmentAuthentication]

    @extend_schema(
        operation_id="second_factor_state",
        tags=["auth"],
        summary="Say whether your second factor is on",
        responses={200: SecondFactorStateSerializer, 401: NOT_AUTHENTICATED},
    )
    def get(self, request: Request) -> Response:
        return Response(SecondFactorStateSerializer(state(current_user(request))).data)
