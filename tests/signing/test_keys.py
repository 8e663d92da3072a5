"""A key of any form is the same key; what is public of it has no secret."""

import json

import pytest
from authkit.signing.keys import (
    ALGORITHMS,
    HMAC_KEY_BYTES,
    WrongKey,
    public_jwk,
    signing_key,
    weakness,
)
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.signing.made import ALGORITHMS as MADE
from tests.signing.made import ED448, pair, pems

#: The examples of RFC 7638 section 3.1, and of RFC 8037 appendix A.3.
RFC_7638 = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_B"
    "JECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_F"
    "DW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4"
    "vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
RFC_8037 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


@pytest.mark.parametrize(
    ("algorithm", "jwk", "kid"),
    [
        ("RS256", RFC_7638, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        ("EdDSA", RFC_8037, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    ],
)
def test_the_kid_is_the_thumbprint_of_the_standard(algorithm, jwk, kid):
    assert signing_key(algorithm, jwk).kid == kid
    assert signing_key(algorithm, json.dumps(jwk)).kid == kid


@pytest.mark.parametrize("algorithm", MADE)
def test_a_private_key_and_its_public_one_have_the_same_kid_in_every_form(algorithm):
    private, public = pair(algorithm)
    key = signing_key(algorithm, private)
    forms = [
        signing_key(algorithm, private.encode()),
        signing_key(algorithm, ALGORITHMS[algorithm].to_jwk(key.secret)),
        signing_key(algorithm, private, public=public),
        signing_key(algorithm, public),
        signing_key(algorithm, public_jwk(key)),
    ]
    assert {form.kid for form in forms} == {key.kid}
    assert [form.secret is not None for form in forms] == [True, True, True, False, False]
    for form in forms[:3]:
        signature = ALGORITHMS[algorithm].sign(b"text", form.secret)
        assert all(ALGORITHMS[algorithm].verify(b"text", one.public, signature) for one in forms)


@pytest.mark.parametrize("algorithm", MADE)
def test_nothing_private_is_in_the_public_jwk(algorithm):
    key = signing_key(algorithm, pair(algorithm)[0])
    jwk = public_jwk(key)
    assert jwk.keys() <= {"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"}
    assert (jwk["alg"], jwk["use"], jwk["kid"]) == (algorithm, "sig", key.kid)
    assert pair(algorithm)[0] not in repr(key)
    assert "secret" not in repr(key)


@pytest.mark.parametrize("algorithm", HMAC_KEY_BYTES)
def test_an_hmac_key_is_its_bytes_or_a_jwk(algorithm):
    secret = b"\xfb" * HMAC_KEY_BYTES[algorithm]
    key = signing_key(algorithm, secret)
    assert (key.secret, key.public, key.is_hmac, weakness(key)) == (secret, secret, True, None)
    assert signing_key(algorithm, ALGORITHMS[algorithm].to_jwk(secret)).secret == secret
    assert weakness(signing_key(algorithm, secret[1:])) is not None
    assert repr(secret) not in repr(key)


def test_a_short_rsa_key_is_weak():
    short, long = (pems(rsa.generate_private_key(65537, bits))[1] for bits in (1024, 2048))
    assert weakness(signing_key("RS256", short)) == "has 1024 bits; RSA requires 2048"
    assert weakness(signing_key("RS256", long)) is None


WRONG = {
    "a curve of another": ("ES256", lambda: pair("ES384")[0]),
    "a curve of another, as JWK": (
        "ES384",
        lambda: public_jwk(signing_key("ES256", pair("ES256")[0])),
    ),
    "rsa for ec": ("ES256", lambda: pair("RS256")[0]),
    "ec for rsa": ("RS256", lambda: pair("ES256")[0]),
    "ed25519 for ec": ("ES256", lambda: pair("EdDSA")[0]),
    "a public key as HMAC secret": ("HS256", lambda: pair("RS256")[1]),
    "a private key as HMAC secret": ("HS256", lambda: pair("EdDSA")[0]),
    "a public JWK as HMAC secret": (
        "HS256",
        lambda: json.dumps(public_jwk(signing_key("EdDSA", pair("EdDSA")[0]))),
    ),
    "an HMAC secret as key pair": ("EdDSA", lambda: "k" * 64),
    "empty": ("EdDSA", lambda: ""),
    "empty secret": ("HS256", lambda: ""),
    "no text": ("EdDSA", lambda: 7),
    "None": ("HS256", lambda: None),
    "a JWK without its members": ("EdDSA", lambda: {"kty": "OKP"}),
    "a JWK of oct": ("RS256", lambda: {"kty": "oct", "k": "a2V5"}),
    "an OKP for agreement": ("EdDSA", lambda: {"kty": "OKP", "crv": "X25519", "x": "AA"}),
}


@pytest.mark.parametrize(("algorithm", "given"), WRONG.values(), ids=WRONG)
def test_what_is_no_key_for_the_algorithm_is_refused_without_showing_it(algorithm, given):
    with pytest.raises(WrongKey) as refused:
        signing_key(algorithm, given())
    assert str(refused.value) == f"is no key for {algorithm}"
    assert refused.value.__cause__ is None


def test_ed448_is_a_key_of_eddsa():
    private, public = pems(ED448())
    key = signing_key("EdDSA", private)
    assert signing_key("EdDSA", public_jwk(key)).kid == signing_key("EdDSA", public).kid == key.kid


def test_none_is_no_algorithm():
    assert "none" not in ALGORITHMS
