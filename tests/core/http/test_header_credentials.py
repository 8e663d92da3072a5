"""An authenticator that is not complete authenticates no client."""

import pytest
from authkit.core.http.header_credentials import HeaderCredentialAuthentication
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory


class WithoutAnything(HeaderCredentialAuthentication):
    header = "X-Badge"


class WithoutCredential(WithoutAnything):
    def find_credential(self, text):
        return None


class WithoutVerification(WithoutCredential):
    def get_credential(self, request):
        return self.raw_header(request)


@pytest.mark.parametrize("kind", [WithoutAnything, WithoutCredential, WithoutVerification])
def test_what_is_not_written_is_not_taken_for_a_yes(kind):
    request = Request(APIRequestFactory().get("/?page=2", headers={"X-Badge": "7"}))
    with pytest.raises(NotImplementedError):
        kind().authenticate(request)
