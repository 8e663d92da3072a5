"""The authenticators on requests of Django, without REST framework around them."""

import pytest
from authkit.authentication import (
    APIKeyAuthentication,
    JWTAuthentication,
    PlainAPIKeyAuthentication,
)
from authkit.errors import (
    APIKeyInvalid,
    CredentialInURL,
    SessionEnded,
    TokenInvalid,
)
from authkit.models import APIKey, SecurityEvent
from django.core.handlers.asgi import ASGIRequest

from tests.conftest import bearer

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(user):
    return APIKey.objects.create_key(name="night job", owner=user)[1]


def asgi(*headers, **scope):
    """Return a request as an ASGI server hands it over."""
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", **scope}
    return ASGIRequest({**scope, "headers": headers}, None)


def test_a_bearer_token_is_accepted_in_one_query(rf, user, pair, django_assert_num_queries):
    request = rf.get("/", **bearer(pair["access"]))
    with django_assert_num_queries(1):
        found, token = JWTAuthentication().authenticate(request)
    assert (found, token.session.user) == (user, user)


def test_a_key_is_accepted_in_one_query(rf, user, key, django_assert_num_queries):
    APIKeyAuthentication().authenticate(rf.get("/", HTTP_X_API_KEY=key))  # writes the last use
    with django_assert_num_queries(1):
        found, api_key = APIKeyAuthentication().authenticate(rf.get("/", HTTP_X_API_KEY=key))
    assert (found, api_key.name) == (user, "night job")


def test_requests_of_asgi_are_accepted_like_those_of_wsgi(user, pair, key):
    header = (b"authorization", f"Bearer {pair['access']}".encode())
    assert JWTAuthentication().authenticate(asgi(header))[0] == user
    assert APIKeyAuthentication().authenticate(asgi((b"x-api-key", key.encode())))[0] == user


def test_a_request_without_the_credential_is_left_to_others(rf):
    for authenticator in (JWTAuthentication, APIKeyAuthentication, PlainAPIKeyAuthentication):
        assert authenticator().authenticate(rf.get("/")) is None


def test_a_bad_credential_is_refused(rf, client, pair):
    with pytest.raises(TokenInvalid):
        JWTAuthentication().authenticate(rf.get("/", **bearer("nonsense")))
    with pytest.raises(APIKeyInvalid):
        APIKeyAuthentication().authenticate(rf.get("/", HTTP_X_API_KEY="nonsense"))
    client.revoke(pair["refresh"])
    with pytest.raises(SessionEnded):
        JWTAuthentication().authenticate(rf.get("/", **bearer(pair["access"])))


def test_a_credential_in_the_url_is_refused_and_logged(rf, key, security_log):
    with pytest.raises(CredentialInURL):
        APIKeyAuthentication().authenticate(rf.get("/", {"key": key}))
    assert [facts["ip"] for _, facts in security_log("credential_in_url")] == ["127.0.0.1"]


def test_an_authenticator_alone_ignores_the_other_credential(rf, user, pair, key):
    request = rf.get("/", **bearer(pair["access"]), HTTP_X_API_KEY="junk")
    assert JWTAuthentication().authenticate(request)[0] == user


def test_a_key_that_is_bound_to_a_network_is_judged_by_the_client_of_the_connection(user):
    _, key = APIKey.objects.create_key(name="office", owner=user, allowed_networks=["192.0.2.0/24"])
    header = (b"x-api-key", key.encode())
    request = asgi(header, client=["192.0.2.7", 4711])
    assert APIKeyAuthentication().authenticate(request)[0] == user
    with pytest.raises(APIKeyInvalid):
        APIKeyAuthentication().authenticate(asgi(header, client=["198.51.100.1", 4711]))
    refused = SecurityEvent.objects.get(kind="api_key_refused")
    assert refused.ip == "198.51.100.1"


def test_an_authenticator_may_read_a_parameter_of_the_query(rf, user, key):
    class QueryKeyAuthentication(APIKeyAuthentication):
        query_parameter = "key"

    assert QueryKeyAuthentication().authenticate(rf.get("/", {"key": key}))[0] == user
