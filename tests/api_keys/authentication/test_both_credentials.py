"""A bearer token and an API key in one request."""

import pytest
from authkit.models import Session

from tests.conftest import AUTH, PASSWORD, bearer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api_keys.urls")]

TAKING_BOTH = ["/jwt-key", "/key-jwt", "/session-jwt-key", "/session-key-jwt", "/basic-key-jwt"]


@pytest.fixture
def access(client, user):
    return client.pair(user)["access"]


@pytest.fixture
def key(make_key, user):
    return make_key(owner=user)[1]


@pytest.mark.parametrize("path", [*TAKING_BOTH, "/open"])
@pytest.mark.parametrize("good_token", [True, False], ids=["good token", "bad token"])
@pytest.mark.parametrize("good_key", [True, False], ids=["good key", "bad key"])
def test_both_on_a_view_that_takes_both_are_refused_without_a_query(
    client, access, key, assert_queries, path, good_token, good_key
):
    credentials = {
        **bearer(access if good_token else "nonsense"),
        "HTTP_X_API_KEY": key if good_key else "nonsense",
    }
    with assert_queries(0):
        response = client.get(path, **credentials)
    assert response.status_code == 400
    assert response.json() == {
        "detail": "Send one credential: a bearer token or an API key, not both."
    }
    assert response.data["detail"].code == "multiple_credentials"


@pytest.mark.parametrize(
    "authorization", ["Bearer", "bearer ", "BEARER x", "Bearer  x y"], ids=repr
)
@pytest.mark.parametrize("path", TAKING_BOTH[:-1])
def test_even_an_empty_token_counts_as_presented(client, key, path, authorization):
    response = client.get(path, HTTP_AUTHORIZATION=authorization, HTTP_X_API_KEY=key)
    assert response.status_code == 400


@pytest.mark.parametrize("path", TAKING_BOTH[:-1])
def test_even_an_empty_key_counts_as_presented(client, access, path):
    assert client.get(path, **bearer(access), HTTP_X_API_KEY="").status_code == 400


def test_a_view_that_takes_one_ignores_the_other(client, access, key):
    assert client.get("/jwt", **bearer(access), HTTP_X_API_KEY="junk").status_code == 200
    assert client.get("/jwt", **bearer(access), HTTP_X_API_KEY=key).status_code == 200
    assert client.get("/key", **bearer("junk"), HTTP_X_API_KEY=key).status_code == 200
    assert client.get("/key", **bearer(access), HTTP_X_API_KEY=key).status_code == 200


def test_another_scheme_in_the_authorization_header_is_no_token(client, key):
    headers = {"HTTP_AUTHORIZATION": "Digest username=x", "HTTP_X_API_KEY": key}
    assert client.get("/jwt-key", **headers).status_code == 200


def test_two_key_headers_on_a_view_that_takes_both_are_refused(client, key):
    headers = {"HTTP_X_API_KEY": key, "HTTP_X_MACHINE_KEY": key}
    assert client.get("/key-machine", **headers).status_code == 400


@pytest.mark.parametrize("path", TAKING_BOTH)
def test_one_credential_works_in_every_order_of_authenticators(client, access, key, path):
    assert client.get(path, **bearer(access)).status_code == 200
    assert client.get(path, HTTP_X_API_KEY=key).status_code == 200


@pytest.mark.parametrize("path", TAKING_BOTH)
def test_a_bad_credential_is_401_and_names_itself_in_every_order(client, path):
    bad_key = client.get(path, HTTP_X_API_KEY="nonsense")
    bad_token = client.get(path, **bearer("nonsense"))
    assert (bad_key.status_code, bad_token.status_code) == (401, 401)
    assert bad_key.headers["WWW-Authenticate"] == 'ApiKey realm="api"'
    assert bad_token.headers["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'


AUTHKIT_ENDPOINTS = [
    ("get", "sessions/"),
    ("delete", "sessions/"),
    ("delete", "sessions/{session}/"),
    ("post", "password/change/"),
]


@pytest.mark.parametrize(("method", "path"), AUTHKIT_ENDPOINTS)
def test_a_key_opens_none_of_our_endpoints(client, user, key, access, method, path):
    before = list(Session.objects.values())
    password = type(user).objects.get(pk=user.pk).password
    address = AUTH + path.format(session=Session.objects.get().pk)
    body = {"current_password": PASSWORD, "new_password": "a brand-new pass phrase"}

    response = getattr(client, method)(address, body, HTTP_X_API_KEY=key, format="json")

    assert response.status_code == 401
    assert response.json() == {
        "detail": "Authentication credentials were not provided.",
        "code": "not_authenticated",
    }
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.headers["Cache-Control"] == "no-store"
    assert list(Session.objects.values()) == before
    assert type(user).objects.get(pk=user.pk).password == password


@pytest.mark.parametrize("path", ["token/refresh/", "token/verify/", "token/revoke/"])
def test_a_key_is_no_token_to_the_token_endpoints(client, key, path):
    response = client.post(AUTH + path, {"refresh": key, "token": key}, format="json")
    assert response.status_code == (204 if "revoke" in path else 401)
