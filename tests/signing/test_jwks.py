"""The public keys of the ring, as anybody reads them. No test here may touch the database."""

import base64
import logging
from datetime import UTC, datetime, timedelta

import pytest
from authkit.signing.configuration import configuration
from authkit.signing.jwks import MAX_AGE, MIN_AGE
from authkit.signing.keys import HMAC_KEY_BYTES
from django.db import connections
from django.test import Client
from django.urls import resolve

from tests.signing.made import ALGORITHMS, entry, pair, private_key, ring

URL = "/.well-known/jwks.json"
NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)  # as the fixture `clock` stands
#: As the reference lists them: no private one, and no ``key_ops`` beside ``use``.
MEMBERS = {"kty", "kid", "alg", "use", "crv", "x", "y", "n", "e"}


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def keys(settings, client):
    """Set the ring, and return the keys that are published."""

    def published(*entries):
        settings.AUTHKIT = ring(*entries)
        return client.get(URL).json()["keys"]

    return published


def age(response):
    return int(response["Cache-Control"].partition("max-age=")[2])


# --- what is in it --------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_is_published_without_its_private_members(keys, algorithm):
    [key] = keys(entry(algorithm))
    assert set(key) <= MEMBERS
    assert (key["alg"], key["use"]) == (algorithm, "sig")
    assert key["kid"] == configuration().ring.signing_key().kid


def test_no_number_of_the_private_key_is_in_the_body(settings, client):
    settings.AUTHKIT = ring(entry("RS256"))
    numbers = private_key("RS256").private_numbers()
    secret = [numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp]
    [key] = client.get(URL).json()["keys"]
    shown = [int.from_bytes(decoded(value), "big") for name, value in key.items() if name in "ne"]
    assert len(shown) == 2
    assert set(shown).isdisjoint(secret)


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_key_is_there_before_it_signs(keys):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    old, new = entry(number=1), entry(number=2, not_before=tomorrow)
    assert len(keys(old, new)) == 2
    assert configuration().ring.signing_key().kid == keys(old)[0]["kid"]


def test_a_key_is_there_until_it_expires(keys, clock):
    lasting, ending = entry(number=1), entry(number=2, expires_at=NOW + timedelta(hours=1))
    assert len(keys(lasting, ending)) == 2
    clock.shift(3600)
    assert len(keys(lasting, ending)) == 1


def test_a_key_that_only_verifies_is_there(keys):
    public = pair("EdDSA", 3)[1]
    assert len(keys(entry(), {"algorithm": "EdDSA", "public_key": public})) == 2


def test_the_key_of_simple_jwt_is_there(settings, client):
    settings.SIMPLE_JWT = {"ALGORITHM": "ES256", "SIGNING_KEY": entry("ES256")["private_key"]}
    [key] = client.get(URL).json()["keys"]
    assert key["crv"] == "P-256"


@pytest.mark.parametrize("algorithm", HMAC_KEY_BYTES)
def test_an_hmac_key_is_a_secret_and_the_set_is_empty(settings, client, algorithm):
    settings.SIMPLE_JWT = {"ALGORITHM": algorithm, "SIGNING_KEY": "k" * 64}
    response = client.get(URL)
    assert response.status_code == 200
    assert response.json() == {"keys": []}


def test_an_hmac_key_of_the_ring_is_left_out(keys):
    secret = {"algorithm": "HS256", "private_key": "s" * 64}
    assert [key["alg"] for key in keys(secret, entry("ES256"))] == ["ES256"]


def test_beside_a_ring_the_keys_derived_from_secret_key_are_left_out(keys):
    keys(entry())
    assert any(key.is_hmac for key in configuration().ring.keys)
    assert len(keys(entry())) == 1


# --- how it is served -----------------------------------------------------------------------


def test_it_is_a_jwk_set(client):
    assert client.get(URL)["Content-Type"] == "application/jwk-set+json"


def test_a_script_of_any_origin_reads_it_without_credentials(client):
    response = client.get(URL, headers={"Origin": "https://app.example"})
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response
    assert "Vary" not in response
    assert not response.cookies


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer rubbish"}, {"X-API-Key": "rubbish"}, {"Cookie": "sessionid=x"}],
    ids=str,
)
def test_credentials_are_not_looked_at(client, headers):
    assert client.get(URL, headers=headers).content == client.get(URL).content


def test_it_is_open_in_a_project_that_wants_a_log_in_everywhere(settings, client):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    assert client.get(URL).status_code == 200


def test_atomic_requests_open_no_transaction_for_it():
    view = resolve(URL).func
    assert view._non_atomic_requests >= set(connections)


def test_if_the_client_has_it_then_the_answer_is_304(settings, client):
    settings.AUTHKIT = ring(entry())
    first = client.get(URL)
    again = client.get(URL, headers={"If-None-Match": f'"other", {first["ETag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert age(again) == age(first)
    assert again["ETag"] == first["ETag"]
    assert again["Access-Control-Allow-Origin"] == "*"


def test_if_the_ring_changes_then_so_does_the_etag(settings, client):
    settings.AUTHKIT = ring(entry(number=1))
    first = client.get(URL)
    settings.AUTHKIT = ring(entry(number=1), entry(number=2))
    again = client.get(URL, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 200
    assert len(again.json()["keys"]) == 2


def test_head_is_get_without_the_body(settings, client):
    settings.AUTHKIT = ring(entry())
    head, get = client.head(URL), client.get(URL)
    assert head.content == b""
    assert head.headers == get.headers
    assert client.head(URL, headers={"If-None-Match": head["ETag"]}).status_code == 304


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_it_is_only_read(client, method):
    response = getattr(client, method)(URL)
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


# --- for how long it may be cached ----------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "seconds"),
    [
        (None, MAX_AGE),
        (timedelta(days=1), MAX_AGE),
        (timedelta(seconds=300), 300),
        (timedelta(seconds=61), 61),
        (timedelta(seconds=5), MIN_AGE),
        (timedelta(microseconds=1), MIN_AGE),
    ],
    ids=str,
)
@pytest.mark.parametrize("moment", ["not_before", "expires_at"])
def test_it_is_cached_until_the_next_change_within_bounds(
    settings, client, clock, moment, change, seconds
):
    other = {} if change is None else {moment: NOW + change}
    settings.AUTHKIT = ring(entry(number=1), entry(number=2, **other))
    response = client.get(URL)
    assert response["Cache-Control"] == f"public, max-age={seconds}"


def test_an_empty_set_is_cached_as_well(client):
    assert client.get(URL)["Cache-Control"] == f"public, max-age={MAX_AGE}"


# --- a ring that cannot be read -------------------------------------------------------------

UNUSABLE = {
    "no file": {"algorithm": "EdDSA", "private_key": {"file": "/nowhere/signing.pem"}},
    "no key": {"algorithm": "EdDSA", "private_key": "a secret by mistake"},
    "none": {"algorithm": "none", "private_key": "a secret by mistake"},
}


@pytest.mark.parametrize("given", UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("debug", [True, False], ids=["debug", "production"])
def test_if_the_ring_is_unusable_then_strangers_learn_nothing(
    settings, client, caplog, given, debug
):
    caplog.set_level(logging.ERROR)
    settings.DEBUG = debug
    settings.AUTHKIT = ring(given)
    response = client.get(URL)
    assert response.status_code == 503
    assert response.json()["code"] == "service_unavailable"
    assert response["Retry-After"] == "5"
    assert response["Cache-Control"] == "no-store"
    for word in ("nowhere", "SIGNING_KEYS", "Traceback", "mistake"):
        assert word not in response.content.decode()
    assert "SIGNING_KEYS" in caplog.text  # an administrator reads why
    assert "mistake" not in caplog.text
