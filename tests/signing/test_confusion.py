"""Tokens that confuse keys, algorithms and headers of a ring: each is refused without a query."""

import hashlib
import json

import pytest
from authkit.core.crypto import derived_key
from authkit.models import Session
from authkit.signing.configuration import configuration
from authkit.signing.keys import ALGORITHMS, public_jwk, signing_key
from django.conf import settings
from django.test import override_settings

from tests.sessions.answers import assert_session_lives, assert_token_invalid
from tests.sessions.forge import as_bytes, b64, claims_of, header_of, sign, unsigned
from tests.signing.made import entry, pair

pytestmark = pytest.mark.django_db

HS = {"algorithm": "HS256", "private_key": "h" * 64}
RING = [
    entry("EdDSA"),
    entry("RS256"),
    entry("ES256"),
    HS,
    {"algorithm": "EdDSA", "public_key": pair("EdDSA", 1)[1]},
]


@pytest.fixture(autouse=True)
def _ring():
    with override_settings(AUTHKIT={"SIGNING_KEYS": RING}):
        yield


def key_of(algorithm):
    return next(key for key in configuration().ring.keys if key.algorithm == algorithm)


def header_for(key, **more):
    return {"alg": key.algorithm, "kid": key.kid, "typ": "JWT", **more}


def signed(claims, header, key):
    """Return a token with a signature that is right for the key, whatever the header says."""
    compact = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":"))
    text = f"{b64(compact if isinstance(compact, bytes) else compact.encode())}"
    text = f"{text}.{b64(as_bytes(claims))}"
    signature = ALGORITHMS[key.algorithm].sign(text.encode(), key.secret)
    return f"{text}.{b64(signature)}"


@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256", "ES256", "HS256"])
def test_the_forger_below_makes_what_is_accepted_where_all_is_right(client, user, algorithm):
    claims = claims_of(client.pair(user)["access"])
    key = key_of(algorithm)
    assert client.sessions(signed(claims, header_for(key), key)).status_code == 200


#: More in the header, with a signature that is right: what it says must choose nothing.
MORE = {
    "jku": {"jku": "http://127.0.0.1:9/jwks.json"},
    "x5u": {"x5u": "http://127.0.0.1:9/cert.pem"},
    "jwk": {"jwk": {"kty": "oct", "k": "YXR0YWNrZXI"}},
    "x5c": {"x5c": ["MIIB"]},
    "x5t": {"x5t": "AAAA"},
    "crit": {"crit": ["exp"], "exp": 1},
    "crit of nothing": {"crit": []},
    "b64": {"b64": False, "crit": ["b64"]},
    "zip": {"zip": "DEF"},
    "cty": {"cty": "JWT"},
    "another typ": {"typ": "at+jwt"},
    "no typ": {"typ": None},
    "enc": {"enc": "A128GCM"},
    "unknown": {"unknown": 1},
}


@pytest.mark.parametrize("more", MORE.values(), ids=MORE)
def test_a_header_that_says_more_is_refused(client, user, django_assert_num_queries, more):
    pair = client.pair(user)
    key = key_of("EdDSA")
    with django_assert_num_queries(0):
        assert_token_invalid(
            client.sessions(signed(claims_of(pair["access"]), header_for(key, **more), key))
        )
    assert_session_lives(client, pair)


KIDS = {
    "path": "../../../../dev/null",
    "query": "' UNION SELECT 'x",
    "NUL": "\0",
    "number": 1,
    "list": [],
    "null": None,
    "empty": "",
    "position": "0",
    "address": "http://127.0.0.1:9/key",
    "long": "k" * 2000,
}


@pytest.mark.parametrize("kid", KIDS.values(), ids=KIDS)
def test_a_kid_that_is_not_ours_is_refused(client, user, django_assert_num_queries, kid):
    claims = claims_of(client.pair(user)["access"])
    key = key_of("EdDSA")
    with django_assert_num_queries(0):
        assert_token_invalid(client.sessions(signed(claims, header_for(key, kid=kid), key)))


def test_a_header_written_otherwise_is_refused(client, user):
    claims = claims_of(client.pair(user)["access"])
    key = key_of("EdDSA")
    right = header_for(key)
    others = [
        json.dumps(right).encode(),
        json.dumps(dict(reversed(right.items())), separators=(",", ":")).encode(),
        b'{"alg":"none",' + json.dumps(right, separators=(",", ":")).encode()[1:],
    ]
    for header in others:
        assert_token_invalid(client.sessions(signed(claims, header, key)))


@pytest.mark.parametrize("named", ["EdDSA", "RS256", "ES256", "HS256"])
@pytest.mark.parametrize("signing", ["EdDSA", "RS256", "ES256", "HS256"])
def test_a_token_is_verified_by_the_key_that_it_names_alone(client, user, named, signing):
    claims = claims_of(client.pair(user)["access"])
    answer = client.sessions(signed(claims, header_for(key_of(named)), key_of(signing)))
    if named == signing:
        assert answer.status_code == 200
    else:
        assert_token_invalid(answer)


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "HS384", "RS256", "PS256", "ES512"])
@pytest.mark.parametrize("named", ["EdDSA", "RS256", "ES256"])
def test_no_other_algorithm_fits_the_kid(client, user, algorithm, named):
    """HS256 with the public key as secret, in every form in which it is published."""
    claims, key = claims_of(client.pair(user)["access"]), key_of(named)
    header = header_for(key, alg=algorithm)
    jwk = public_jwk(key)
    secrets = [pair(named)[1].encode(), json.dumps(jwk).encode(), key.kid.encode(), b""]
    for secret in secrets:
        forged = sign(claims, header=json.dumps(header, separators=(",", ":")).encode(), key=secret)
        assert_token_invalid(client.sessions(forged))
    assert_token_invalid(client.sessions(unsigned(claims, header)))


def test_a_secret_of_another_purpose_signs_no_token(client, user):
    claims, key = claims_of(client.pair(user)["access"]), key_of("HS256")
    header = json.dumps(header_for(key), separators=(",", ":")).encode()
    for purpose in ("authkit.encryption", "authkit.api_key_cache", "authkit.tokens.HS256"):
        secret = derived_key(settings.SECRET_KEY, purpose)
        assert_token_invalid(client.sessions(sign(claims, key=secret)))
        assert_token_invalid(client.sessions(sign(claims, header=header, key=secret)))


def test_a_verifying_key_of_ours_signs_for_nobody_else(client, user):
    """The private half of a key that only verifies here is another server's, and it is ours."""
    claims = claims_of(client.pair(user)["access"])
    theirs = signing_key("EdDSA", pair("EdDSA", 1)[0])
    assert client.sessions(signed(claims, header_for(theirs), theirs)).status_code == 200
    stranger = signing_key("EdDSA", pair("EdDSA", 2)[0])
    for kid in (stranger.kid, theirs.kid):
        forged = signed(claims, header_for(stranger, kid=kid), stranger)
        assert_token_invalid(client.sessions(forged))


def test_two_keys_with_one_kid_cannot_be(client, user):
    """The kid is the hash of the key, so an entry cannot choose that of another."""
    chosen = {**public_jwk(key_of("EdDSA")), "kid": key_of("RS256").kid}
    other = {"algorithm": "EdDSA", "public_key": {**chosen, "alg": "HS256", "use": "enc"}}
    with override_settings(AUTHKIT={"SIGNING_KEYS": [other]}):
        [named, *_] = configuration().ring.keys
        assert named.kid == signing_key("EdDSA", pair("EdDSA")[1]).kid
        assert named.algorithm == "EdDSA"


def test_a_forged_refresh_token_neither_ends_nor_moves_a_session(client, user):
    refresh = client.pair(user)["refresh"]
    key = key_of("HS256")
    for forged in (
        signed({**claims_of(refresh), "generation": 7}, header_for(key_of("RS256")), key),
        sign(claims_of(refresh), header=header_of(refresh), key=hashlib.sha256(b"x").digest()),
    ):
        assert_token_invalid(client.refresh(forged))
        assert client.revoke(forged).status_code == 204
    session = Session.objects.get()
    assert (session.generation, session.revoked_at) == (0, None)
