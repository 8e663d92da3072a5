"""What the issuer says of itself, and that it is true. No test here may touch the database."""

import jwt
import pytest
from authkit.models import APIKey
from authkit.signing.configuration import configuration
from authkit.signing.jwks import MAX_AGE
from authkit.signing.signature import sign
from authkit.signing.views import authorization_server
from django.db import connections
from django.test import Client
from django.urls import path, resolve

from tests.signing.made import entry, ring

URL = "/.well-known/oauth-authorization-server"
ISSUER = "https://api.example.com"


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def issuer(settings):
    def configure(issuer):
        settings.SIMPLE_JWT = {"ISSUER": issuer}

    configure(ISSUER)
    return configure


def test_it_says_only_what_is_true(client, issuer):
    response = client.get(URL)
    assert response["Content-Type"] == "application/json"
    assert response.json() == {
        "issuer": ISSUER,
        "jwks_uri": "https://api.example.com/.well-known/jwks.json",
        "response_types_supported": [],
        "grant_types_supported": [],
    }


def test_a_service_that_knows_only_the_issuer_finds_the_keys(client, issuer, settings):
    settings.AUTHKIT = ring(entry())
    token = sign({}, configuration())
    metadata = client.get(URL).json()
    path = metadata["jwks_uri"].removeprefix(metadata["issuer"])
    keys = jwt.PyJWKSet.from_dict(client.get(path).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, algorithms=["EdDSA"]) == {"iss": metadata["issuer"]}


@pytest.mark.parametrize(
    ("configured", "path"),
    [
        ("https://example.com", ""),
        ("https://example.com/", ""),
        ("https://example.com:8443", ""),
        ("https://example.com/tenant", "/tenant"),
        ("https://example.com/tenant/", "/tenant"),
        ("https://example.com/a/b", "/a/b"),
        ("https://example.com/a%20b", "/a%20b"),
        ("http://127.0.0.1:8000", ""),
        ("http://localhost", ""),
        ("http://[::1]:8000", ""),
    ],
)
def test_the_issuer_is_as_the_tokens_name_it_and_its_path_comes_last(
    client, issuer, configured, path
):
    issuer(configured)
    response = client.get(URL + path)
    assert response.status_code == 200
    assert response.json()["issuer"] == configured


@pytest.mark.parametrize(
    ("configured", "path"),
    [
        ("https://example.com", "/tenant"),
        ("https://example.com", "/"),
        ("https://example.com/tenant", ""),
        ("https://example.com/tenant", "/other"),
        ("https://example.com/tenant", "/tenant/"),
        ("https://example.com/tenant", "/tenant/more"),
        ("https://example.com/tenant", "/TENANT"),
    ],
)
def test_at_another_path_than_that_of_the_issuer_there_is_nothing(client, issuer, configured, path):
    issuer(configured)
    assert client.get(URL + path).status_code == 404


@pytest.mark.parametrize(
    "configured",
    [
        None,
        "",
        "library",
        "api.example.com",
        "urn:example:issuer",
        "http://api.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "ftp://api.example.com",
        "https://",
        "https:///path",
        "https://api.example.com?tenant=1",
        "https://api.example.com?",
        "https://api.example.com#tenant",
        "https://user:password@api.example.com",
        "https://[",
        ["https://api.example.com"],
    ],
    ids=repr,
)
def test_an_issuer_that_is_no_protected_url_has_no_metadata(client, issuer, configured):
    issuer(configured)
    assert client.get(URL).status_code == 404


def test_the_host_header_changes_nothing(client, issuer, settings):
    settings.ALLOWED_HOSTS = ["*"]
    other = client.get(URL, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert other.content == client.get(URL).content


def test_keys_that_cannot_be_read_change_nothing(client, issuer, settings):
    settings.AUTHKIT = ring({"algorithm": "EdDSA", "private_key": "no key"})
    assert client.get(URL).status_code == 200


def test_it_is_open_in_a_project_that_wants_a_log_in_everywhere(client, issuer, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    assert client.get(URL).status_code == 200


def test_it_is_served_as_the_keys_are(client, issuer):
    response = client.get(URL)
    assert response["Cache-Control"] == f"public, max-age={MAX_AGE}"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert client.get(URL, headers={"If-None-Match": response["ETag"]}).status_code == 304
    assert client.head(URL).headers == response.headers
    assert client.post(URL).status_code == 405
    assert resolve(URL).func._non_atomic_requests >= set(connections)


FORM = {"content_type": "application/x-www-form-urlencoded"}


@pytest.mark.django_db
def test_introspection_takes_no_forms_so_it_is_not_named(client):
    """Libraries of RFC 7662 send forms (section 2.1)."""
    _, key = APIKey.objects.create_key(name="inventory", scope="authkit:introspect")
    url, headers = "/api/v1/auth/token/introspect/", {"X-API-Key": key}
    assert client.post(url, "token=x", headers=headers, **FORM).status_code == 415


def test_log_out_takes_no_forms_so_it_is_not_named_for_revocation(client):
    """Libraries of RFC 7009 send forms (section 2.1)."""
    assert client.post("/api/v1/auth/token/revoke/", "token=x", **FORM).status_code == 415


urlpatterns = [path("meta/", authorization_server)]


def test_where_the_project_has_left_the_keys_out_there_is_no_metadata(client, issuer, settings):
    settings.ROOT_URLCONF = __name__
    assert client.get("/meta/").status_code == 404
