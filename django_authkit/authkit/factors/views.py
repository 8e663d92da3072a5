from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from authkit.core.http import tags
from authkit.core.http.openapi import operation
from authkit.factors.serializers import SecondFactorStateSerializer
from authkit.factors.state import state
from authkit.sessions.access.authentication import EnrolmentAuthentication
from authkit.sessions.access.owner import OwnerView, current_user


class SecondFactorView(OwnerView):
    tag = tags.SECOND_FACTOR
    authentication_classes = [EnrolmentAuthentication]

    @operation(
        "authkit_second_factor_state",
        "Retrieve the state of your second factor",
        {200: SecondFactorStateSerializer},
    )
    def get(self, request: Request) -> Response:
        return Response(SecondFactorStateSerializer(state(current_user(request))).data)
