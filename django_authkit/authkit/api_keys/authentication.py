from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from authkit.api_keys.models import APIKey
from authkit.api_keys.principal import ServicePrincipal
from authkit.core.credentials import HeaderCredentialAuthentication
from authkit.errors import APIKeyInvalid


class APIKeyAuthentication(HeaderCredentialAuthentication):
    """``X-API-Key: <key>``, one query, none for what cannot be a key.

    ``request.user`` is the owner, or a :class:`ServicePrincipal` for a key without one;
    ``request.auth`` is the :class:`authkit.models.APIKey`. A key that is not valid is
    refused with 401, also where anonymous access is allowed. Subclasses may change
    ``header`` and ``model``.
    """

    header = "X-API-Key"
    model = APIKey

    def get_credential(self, request: Request) -> str | None:
        return self.raw_header(request)

    def verify(self, credential: str) -> tuple[Any, APIKey]:
        try:
            api_key = self.model.objects.get_from_key(credential)
        except self.model.DoesNotExist:
            raise APIKeyInvalid from None
        return api_key.owner or ServicePrincipal(api_key), api_key

    def authenticate_header(self, request: Any) -> str:
        return 'ApiKey realm="api"'
