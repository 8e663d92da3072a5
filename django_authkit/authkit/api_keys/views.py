from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.api_keys import flows
from authkit.api_keys.serializers import (
    APIKeyRequestSerializer,
    APIKeySerializer,
    NewAPIKeySerializer,
    RotateSerializer,
)
from authkit.core.http.openapi import (
    BAD_REQUEST,
    DONE,
    ENROLMENT_OR_ADDRESS_REQUIRED,
    ENROLMENT_REQUIRED,
    NOT_AUTHENTICATED,
    NOT_FOUND,
    NOT_JSON,
    refusal,
)
from authkit.sessions.owner import OwnerView, current_user, uuid_or_404
from authkit.sessions.permissions import MayAddCredentials, RecentlyAuthenticated

T = TypeVar("T")

KEY_ID = OpenApiParameter("key_id", OpenApiTypes.UUID, OpenApiParameter.PATH)
STEP_UP = refusal(
    "`insufficient_user_authentication`: reauthenticate first; "
    "`not_authenticated` or `token_invalid`."
)
ENDED = refusal("`api_key_ended`: it has expired.")


class StepUpToChange(RecentlyAuthenticated):
    """Reading needs no fresh proof, nor does revoking: who has lost a key is in a hurry."""

    def has_permission(self, request: Request, view: object) -> bool:
        if request.method in SAFE_METHODS or request.method == "DELETE":
            return True
        return super().has_permission(request, view)


class ProvedToMake(MayAddCredentials):
    """Looking at keys takes no proved address."""

    def has_permission(self, request: Request, view: object) -> bool:
        return request.method != "POST" or super().has_permission(request, view)


class APIKeyListView(OwnerView):
    permission_classes = [IsAuthenticated, StepUpToChange, ProvedToMake]
    serializer_class = APIKeyRequestSerializer

    @extend_schema(
        operation_id="api_keys_list",
        tags=["auth"],
        summary="List your API keys, newest first",
        description="Expired ones too, revoked ones not. No key is shown again.",
        responses={
            200: APIKeySerializer(many=True),
            401: NOT_AUTHENTICATED,
            403: ENROLMENT_REQUIRED,
        },
    )
    def get(self, request: Request) -> Response:
        keys = flows.own_keys(current_user(request))
        return Response(APIKeySerializer(keys, many=True).data)

    @extend_schema(
        operation_id="api_keys_create",
        tags=["auth"],
        summary="Make an API key",
        description="The key is shown this once. Wants a proof of the last five minutes.",
        responses={
            201: NewAPIKeySerializer,
            400: BAD_REQUEST,
            401: STEP_UP,
            403: ENROLMENT_OR_ADDRESS_REQUIRED,
            409: refusal("`api_key_quota_exceeded`."),
            415: NOT_JSON,
        },
    )
    def post(self, request: Request) -> Response:
        return _shown_once(flows.create_key(current_user(request), **self.read(request)))


class APIKeyView(OwnerView):
    permission_classes = [IsAuthenticated, StepUpToChange]
    serializer_class = APIKeyRequestSerializer

    @extend_schema(
        operation_id="api_keys_retrieve",
        tags=["auth"],
        summary="Show one of your API keys",
        parameters=[KEY_ID],
        responses={
            200: APIKeySerializer,
            401: NOT_AUTHENTICATED,
            403: ENROLMENT_REQUIRED,
            404: NOT_FOUND,
        },
    )
    def get(self, request: Request, key_id: str) -> Response:
        api_key = flows.own_key(current_user(request), uuid_or_404(key_id))
        return Response(APIKeySerializer(_or_404(api_key)).data)

    @extend_schema(
        operation_id="api_keys_update",
        tags=["auth"],
        summary="Rename an API key, or change its scopes, end or networks",
        description="Wants a proof of the last five minutes.",
        parameters=[KEY_ID],
        responses={
            200: APIKeySerializer,
            400: BAD_REQUEST,
            401: STEP_UP,
            403: ENROLMENT_REQUIRED,
            404: NOT_FOUND,
            409: ENDED,
            415: NOT_JSON,
        },
    )
    def patch(self, request: Request, key_id: str) -> Response:
        changes = self.read(request, partial=True)
        api_key = flows.change_key(current_user(request), uuid_or_404(key_id), changes)
        return Response(APIKeySerializer(_or_404(api_key)).data)

    @extend_schema(
        operation_id="api_keys_revoke",
        tags=["auth"],
        summary="Revoke an API key, for good",
        parameters=[KEY_ID],
        responses={
            204: DONE,
            401: NOT_AUTHENTICATED,
            403: ENROLMENT_REQUIRED,
            404: NOT_FOUND,
        },
    )
    def delete(self, request: Request, key_id: str) -> Response:
        if not flows.revoke_key(current_user(request), uuid_or_404(key_id)):
            raise NotFound
        return Response(status=status.HTTP_204_NO_CONTENT)


class APIKeyRotateView(OwnerView):
    permission_classes = [IsAuthenticated, StepUpToChange, ProvedToMake]
    serializer_class = RotateSerializer

    @extend_schema(
        operation_id="api_keys_rotate",
        tags=["auth"],
        summary="Replace the secret of an API key",
        description=(
            "The new key is shown this once; everything else about it stays. The old one works "
            "for `overlap_seconds` more. Wants a proof of the last five minutes."
        ),
        parameters=[KEY_ID],
        responses={
            201: NewAPIKeySerializer,
            400: BAD_REQUEST,
            401: STEP_UP,
            403: ENROLMENT_OR_ADDRESS_REQUIRED,
            404: NOT_FOUND,
            409: refusal("`api_key_ended`: it has expired; `api_key_rotated`: by somebody else."),
            415: NOT_JSON,
        },
    )
    def post(self, request: Request, key_id: str) -> Response:
        overlap = timedelta(seconds=self.read(request)["overlap_seconds"])
        new = flows.rotate_key(current_user(request), uuid_or_404(key_id), overlap)
        return _shown_once(_or_404(new))


def _or_404(found: T | None) -> T:
    if found is None:
        raise NotFound
    return found


def _shown_once(new: flows.NewKey) -> Response:
    shown = {"key": new.key, **APIKeySerializer(new.api_key).data}
    return Response(shown, status.HTTP_201_CREATED)
