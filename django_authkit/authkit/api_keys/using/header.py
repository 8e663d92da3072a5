"""The API key of a request. Knows Django's requests alone."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest
from rest_framework_api_key.models import AbstractAPIKey

from authkit.api_keys.keys import prefix_within
from authkit.api_keys.owners import owner_of
from authkit.api_keys.using.principal import ServicePrincipal
from authkit.api_keys.using.usage import ClientIP, use_key
from authkit.conf import conf
from authkit.core.http.client import ip_of
from authkit.core.http.credentials import HeaderCredential
from authkit.errors import API_KEY_CHALLENGE, APIKeyInvalid, APIKeyRateExceeded


class APIKeyCredential(HeaderCredential):
    """``X-API-Key: <key>``."""

    refuses = (APIKeyInvalid, APIKeyRateExceeded, *HeaderCredential.refuses)
    header = "X-API-Key"
    keyword: str | None = None

    #: Marks keys for permissions and the schema: a key may have fewer rights than its owner.
    holds_scopes = True

    @property
    def challenge(self) -> str:
        return API_KEY_CHALLENGE

    def get_credential(self, request: HttpRequest) -> str | None:
        if self.query_parameter:
            return request.GET.get(self.query_parameter)
        value = self.raw_header(request)
        if value is None or self.keyword is None:
            return value
        scheme, _, key = value.partition(" ")
        return key.strip(" ") if scheme.lower() == self.keyword.lower() else None

    def verify(self, request: HttpRequest, credential: str) -> tuple[Any, AbstractAPIKey]:
        api_key = self.use(credential, partial(ip_of, request))
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
