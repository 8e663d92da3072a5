"""Another library reads the JWK Set, and verifies with it what we sign."""

import pytest
from authkit.signing.configuration import configuration
from authkit.signing.signature import sign
from django.test import Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tests.signing.made import ALGORITHMS, entry, ring

# The name that PyJWT writes; RFC 9864 has newer ones for the same signatures.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


def fetch():
    return KeySet.import_key_set(Client().get("/.well-known/jwks.json").json())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_is_verified_by_the_set(settings, algorithm):
    settings.AUTHKIT = ring(entry(algorithm))
    token = sign({"sub": "ann"}, configuration())
    verified = jwt.decode(token, fetch(), algorithms=[algorithm])
    assert verified.claims == {"sub": "ann"}
    assert verified.header["typ"] == "JWT"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_id_of_a_key_is_its_thumbprint(settings, algorithm):
    settings.AUTHKIT = ring(entry(algorithm))
    [key] = fetch().keys
    assert key.thumbprint() == key.kid
    assert not key.is_private


def test_of_several_keys_the_token_names_the_right_one(settings):
    settings.AUTHKIT = ring(*map(entry, ALGORITHMS))
    token = sign({}, configuration())
    assert len(fetch().keys) == len(ALGORITHMS)
    assert jwt.decode(token, fetch(), algorithms=list(ALGORITHMS)).claims == {}


def test_a_token_of_another_key_is_not(settings):
    settings.AUTHKIT = ring(entry(number=1))
    token = sign({}, configuration())
    settings.AUTHKIT = ring(entry(number=2))
    with pytest.raises((JoseError, ValueError)):
        jwt.decode(token, fetch(), algorithms=["EdDSA"])
