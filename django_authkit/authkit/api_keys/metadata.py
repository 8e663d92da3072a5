"""What ``OPTIONS api-keys/`` adds to what REST framework tells of every view."""

from __future__ import annotations

from typing import Any

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request
from rest_framework.views import APIView

from authkit.api_keys.scopes import scopes_of
from authkit.api_keys.serializers import APIKeyRequestSerializer
from authkit.conf import conf
from authkit.sessions.access.owner import current_user


class APIKeyMetadata(SimpleMetadata):
    """The body of a new key; the scopes are those that the user may give to it."""

    def determine_metadata(self, request: Request, view: APIView) -> dict[str, Any]:
        body = self.get_serializer_info(APIKeyRequestSerializer())
        grantable = scopes_of(current_user(request))
        body["scopes"]["child"] |= {
            "type": "choice",
            "choices": [
                {"value": name, "display_name": str(sentence)}
                for name, sentence in conf.SCOPES.items()
                if name in grantable
            ],
        }
        return {**super().determine_metadata(request, view), "actions": {"POST": body}}
