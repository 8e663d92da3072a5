from __future__ import annotations

from typing import Any

from rest_framework_api_key.models import AbstractAPIKey

from authkit.api_keys.keys import plain_prefix_of
from authkit.api_keys.owners import owner_of
from authkit.api_keys.using.foreign import use_foreign_key
from authkit.api_keys.using.header import APIKeyCredential
from authkit.api_keys.using.usage import ClientIP, branded_prefix_of, use_key
from authkit.core.http.header_credentials import HeaderCredentialAuthentication


class APIKeyAuthentication(APIKeyCredential, HeaderCredentialAuthentication):
    """``X-API-Key: <key>``, one query, none for a malformed key.

    ``request.user`` is the owner, or a :class:`ServicePrincipal` for a key without one;
    ``request.auth`` is the :class:`authkit.models.APIKey`. A key that is not valid is
    refused with 401, also where anonymous access is allowed; one over its rate limit,
    with 429. Subclasses may change ``header``, ``keyword`` (the scheme before the key) and
    ``query_parameter``, which is read instead of the header.
    """


class PlainAPIKeyAuthentication(APIKeyAuthentication):
    """``Authorization: Api-Key <prefix>.<secret>``, as djangorestframework-api-key has it.

    Accepts the keys that ``authkit_import_api_keys`` has imported. Subclasses may set ``model``,
    whose keys are not imported, and ``owner_field``, its field for the user whom they act for.
    """

    header = "Authorization"
    keyword = "Api-Key"
    model: type[AbstractAPIKey] | None = None
    owner_field: str | None = None

    def use(self, key: str, get_ip: ClientIP) -> AbstractAPIKey:
        if self.model is not None:
            return use_foreign_key(self.model, key, self.owner_field)
        # A key that has been rotated since the import has authkit's format.
        return use_key(key, get_ip, lambda key: plain_prefix_of(key) or branded_prefix_of(key))

    def owner_of(self, api_key: Any) -> Any:
        if self.model is None:
            return super().owner_of(api_key)
        return owner_of(api_key, self.owner_field) if self.owner_field else None
