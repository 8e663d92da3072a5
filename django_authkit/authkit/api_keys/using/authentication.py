from __future__ import annotations

from functools import partial
from typing import Any

from rest_framework.request import Request
from rest_framework_api_key.models import AbstractAPIKey

from authkit.api_keys.keys import plain_prefix_of, prefix_within
from authkit.api_keys.owners import owner_of
from authkit.api_keys.using.foreign import use_foreign_key
from authkit.api_keys.using.principal import ServicePrincipal
from authkit.api_keys.using.usage import ClientIP, branded_prefix_of, use_key
from authkit.conf import conf
from authkit.core.http.client import ip_of
from authkit.core.http.header_credentials import HeaderCredentialAuthentication
from authkit.errors import API_KEY_CHALLENGE, APIKeyInvalid, APIKeyRateExceeded


class APIKeyAuthentication(HeaderCredentialAuthentication):
    """``X-API-Key: <key>``, one query, none for a malformed key.

    ``request.user`` is the owner, or a :class:`ServicePrincipal` for a key without one;
    ``request.auth`` is the :class:`authkit.models.APIKey`. A key that is not valid is
    refused with 401, also where anonymous access is allowed; one over its rate limit,
    with 429. Subclasses may change ``header``, ``keyword`` (the scheme before the key) and
    ``query_parameter``, which is read instead of the header.
    """

    refuses = (APIKeyInvalid, APIKeyRateExceeded, *HeaderCredentialAuthentication.refuses)
    header = "X-API-Key"
    keyword: str | None = None

    #: Marks keys for permissions and the schema: a key may have fewer rights than its owner.
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
        api_key = self.use(credential, partial(ip_of, request._request))
        owner = self.owner_of(api_key)
        return (ServicePrincipal(api_key) if owner is None else owner), api_key

    def use(self, key: str, get_ip: ClientIP) -> AbstractAPIKey:
        """Return the row of a key that is valid from this client IP, and count the use.

        :raises APIKeyInvalid: for every other key.
        :raises APIKeyRateExceeded: its rate limit is exceeded.
        """
        return use_key(key, get_ip)

    def owner_of(self, api_key: Any) -> Any:
        """Return the user whom a key acts for; None for a service key.

        :raises APIKeyInvalid: the key names an owner, and there is no such user.
        """
        return owner_of(api_key)

    def find_credential(self, text: str) -> str | None:
        return prefix_within(text, conf.API_KEY_BRAND)

    def authenticate_header(self, request: Any) -> str:
        return API_KEY_CHALLENGE


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
