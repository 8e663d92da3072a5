from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.api_keys import flows
from authkit.api_keys.metadata import APIKeyMetadata
from authkit.api_keys.models import APIKey
from authkit.api_keys.permissions import HasScope, IsServiceKey
from authkit.api_keys.scopes import INTROSPECT
from authkit.api_keys.serializers import (
    APIKeyRequestSerializer,
    APIKeySerializer,
    IntrospectionRequestSerializer,
    IntrospectionSerializer,
    NewAPIKeySerializer,
    RotateSerializer,
)
from authkit.api_keys.using.authentication import APIKeyAuthentication
from authkit.api_keys.using.introspection import introspect
from authkit.core.http import tags
from authkit.core.http.openapi import DONE, operation
from authkit.core.http.views import AuthkitView
from authkit.errors import APIKeyEnded, APIKeyRotated, QuotaExceeded, ScopeInvalid
from authkit.sessions.access.owner import (
    OwnerView,
    current_session,
    current_user,
    uuid_or_404,
)
from authkit.sessions.access.permissions import MayAddCredentials, RecentlyAuthenticated

T = TypeVar("T")

KEY_ID = OpenApiParameter("key_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


class StepUpToChange(RecentlyAuthenticated):
    """Reading needs no recent authentication, nor does revoking: a leaked key is urgent."""

    @staticmethod
    def applies_to(method: str | None) -> bool:
        return method not in (*SAFE_METHODS, "DELETE")

    def has_permission(self, request: Request, view: object) -> bool:
        return not self.applies_to(request.method) or super().has_permission(request, view)


class VerifiedToCreate(MayAddCredentials):
    """Reading keys needs no verified e-mail address."""

    @staticmethod
    def applies_to(method: str | None) -> bool:
        return method == "POST"

    def has_permission(self, request: Request, view: object) -> bool:
        return not self.applies_to(request.method) or super().has_permission(request, view)


class APIKeyListView(OwnerView):
    tag = tags.API_KEYS
    permission_classes = [IsAuthenticated, StepUpToChange, VerifiedToCreate]
    serializer_class = APIKeyRequestSerializer
    metadata_class = APIKeyMetadata

    @operation(
        "authkit_api_keys_list",
        "List your API keys, newest first",
        {200: APIKeySerializer(many=True)},
        description="Includes expired keys, but no revoked ones. The secrets are not shown again.",
    )
    def get(self, request: Request) -> Response:
        keys = flows.own_keys(current_user(request))
        return Response(APIKeySerializer(keys, many=True).data)

    @operation(
        "authkit_api_keys_create",
        "Create an API key",
        {201: NewAPIKeySerializer},
        refuses=[ScopeInvalid, QuotaExceeded],
        description=(
            "The key is shown only in this answer. Requires authentication within the last five "
            "minutes."
        ),
    )
    def post(self, request: Request) -> Response:
        session = current_session(request)
        new = flows.create_key(current_user(request), session, **self.read(request))
        return _shown_once(new)


class APIKeyView(OwnerView):
    tag = tags.API_KEYS
    permission_classes = [IsAuthenticated, StepUpToChange]
    serializer_class = APIKeyRequestSerializer

    @operation(
        "authkit_api_keys_retrieve",
        "Retrieve one of your API keys",
        {200: APIKeySerializer},
        parameters=[KEY_ID],
    )
    def get(self, request: Request, key_id: str) -> Response:
        api_key = flows.own_key(current_user(request), uuid_or_404(key_id))
        return Response(APIKeySerializer(_or_404(api_key)).data)

    @operation(
        "authkit_api_keys_update",
        "Update the name, scopes, expiry or networks of an API key",
        {200: APIKeySerializer},
        refuses=[ScopeInvalid, APIKeyEnded],
        description="Requires authentication within the last five minutes.",
        parameters=[KEY_ID],
    )
    def patch(self, request: Request, key_id: str) -> Response:
        changes = self.read(request, partial=True)
        api_key = flows.change_key(
            current_user(request), current_session(request), uuid_or_404(key_id), changes
        )
        return Response(APIKeySerializer(_or_404(api_key)).data)

    @operation(
        "authkit_api_keys_revoke",
        "Revoke an API key permanently",
        DONE,
        parameters=[KEY_ID],
    )
    def delete(self, request: Request, key_id: str) -> Response:
        if not flows.revoke_key(current_user(request), uuid_or_404(key_id)):
            raise NotFound
        return Response(status=status.HTTP_204_NO_CONTENT)


class APIKeyRotateView(OwnerView):
    tag = tags.API_KEYS
    permission_classes = [IsAuthenticated, StepUpToChange, VerifiedToCreate]
    serializer_class = RotateSerializer

    @operation(
        "authkit_api_keys_rotate",
        "Rotate an API key: replace its secret",
        {201: NewAPIKeySerializer},
        refuses=[APIKeyEnded, APIKeyRotated],
        description=(
            "The new key is shown only in this answer, and has the same settings. The old one "
            "stays valid for `overlap_seconds`. Requires authentication within the last five "
            "minutes."
        ),
        parameters=[KEY_ID],
    )
    def post(self, request: Request, key_id: str) -> Response:
        overlap = timedelta(seconds=self.read(request)["overlap_seconds"])
        new = flows.rotate_key(
            current_user(request), current_session(request), uuid_or_404(key_id), overlap
        )
        return _shown_once(_or_404(new))


class TokenIntrospectView(AuthkitView):
    """For other services: by a service key with the scope ``authkit:introspect``."""

    tag = tags.TOKENS
    refuses = (*AuthkitView.refuses, NotAuthenticated)
    authentication_classes = [APIKeyAuthentication]
    permission_classes = [HasScope, IsServiceKey]
    credentials = (APIKey,)
    required_scopes = [INTROSPECT]
    serializer_class = IntrospectionRequestSerializer

    @operation(
        "authkit_token_introspect",
        "Ask about the access token or API key of a request (RFC 7662)",
        {200: IntrospectionSerializer},
        extensions={"x-required-scopes": [INTROSPECT]},
        description=(
            "For other services, with an API key that has no owner and the scope "
            '`authkit:introspect`. The answer is `{"active": false}` for everything that may '
            "not be used now, and for API keys that are bound to networks."
        ),
    )
    def post(self, request: Request) -> Response:
        return Response(introspect(self.read(request)["token"]))


def _or_404(found: T | None) -> T:
    if found is None:
        raise NotFound
    return found


def _shown_once(new: flows.NewKey) -> Response:
    shown = {"key": new.key, **APIKeySerializer(new.api_key).data}
    return Response(shown, status.HTTP_201_CREATED)
