from __future__ import annotations

from functools import partial
from typing import Any

from rest_framework.request import Request
from rest_framework_api_key.models import AbstractAPIKey

from authkit.api_keys.foreign import use_foreign_key
from authkit.api_keys.keys import plain_prefix_of, prefix_within
from authkit.api_keys.principal import ServicePrincipal
from authkit.api_keys.usage import Address, branded_prefix_of, use_key
from authkit.conf import conf
from authkit.core.http.client import address_of
from authkit.core.http.header_credentials import HeaderCredentialAuthentication
from authkit.errors import API_KEY_CHALLENGE


class APIKeyAuthentication(HeaderCredentialAuthentication):
    """``X-API-Key: <key>``, one query, none for what cannot be a key.

    ``request.user`` is the owner, or a :class:`ServicePrincipal` for a key without one;
    ``request.auth`` is the :class:`authkit.models.APIKey`. A key that is not valid is
    refused with 401, also where anonymous access is allowed; one that has been used too often,
    with 429. Subclasses may change ``header``, ``keyword`` (the scheme before the key) and
    ``query_parameter``, which is read instead of the header.
    """

    header = "X-API-Key"
    keyword: str | None = None

    #: What a permission, or a schema, knows keys by: their rights may be less than their owner's.
    holds_scopes = True

    def get_credential(self, request: Request) -> str | None:
        if self.query_parameter:
            return request.query_params.get(self.query_parameter)
        value = self.raw_header(request)
        if value is None or self.keyword is None:
            return value
        scheme, _, key = value.partition(" ")
        return key.strip(" ") if scheme.lower() == self.keyword.lower() else None

    def verify(self, request: Request, credential: str) -> tuple[Any, AbstractAPIKey]:
        api_key = self.use(credential, partial(address_of, request._request))
        return self.owner_of(api_key) or ServicePrincipal(api_key), api_key

    def use(self, key: str, ip: Address) -> AbstractAPIKey:
        """Return the row of a key that may be used from an address.

        :raises APIKeyInvalid: it may not.
        :raises APIKeyRateExceeded: not now.
        """
        return use_key(key, ip)

    def owner_of(self, api_key: Any) -> Any:
        """Return the user whom a key acts for, or None."""
        return api_key.owner

    def find_credential(self, text: str) -> str | None:
        return prefix_within(text, conf.API_KEY_BRAND)

    def authenticate_header(self, request: Any) -> str:
        return API_KEY_CHALLENGE


class PlainAPIKeyAuthentication(APIKeyAuthentication):
    """``Authorization: Api-Key <prefix>.<secret>``, as djangorestframework-api-key has it.

    Takes the keys that ``authkit_import_api_keys`` has moved. Subclasses may name the
    ``model`` of keys that stay where they are, and the field of it that leads to the user
    whom they act for (``owner_field``).
    """

    header = "Authorization"
    keyword = "Api-Key"
    model: type[AbstractAPIKey] | None = None
    owner_field: str | None = None

    def use(self, key: str, ip: Address) -> AbstractAPIKey:
        if self.model is not None:
            return use_foreign_key(self.model, key, self.owner_field)
        # A key that has been rotated since it was moved is of our form.
        return use_key(key, ip, lambda key: plain_prefix_of(key) or branded_prefix_of(key))

    def owner_of(self, api_key: Any) -> Any:
        if self.model is None:
            return super().owner_of(api_key)
        return getattr(api_key, self.owner_field) if self.owner_field else None
