"""Private keys as PEM texts, one for each algorithm, and rings of them."""

from datetime import datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

CURVES = {
    "ES256": ec.SECP256R1,
    "ES256K": ec.SECP256K1,
    "ES384": ec.SECP384R1,
    "ES512": ec.SECP521R1,
}
RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
ALGORITHMS = ("EdDSA", *CURVES, *RSA)


@cache
def make(algorithm, number):
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm]())
    if algorithm in RSA:
        return rsa.generate_private_key(65537, 2048)
    return ed25519.Ed25519PrivateKey.generate()


def private_key(algorithm="EdDSA", number=0):
    """Return a key, the same each time."""
    return make(algorithm, number)


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def entry(algorithm="EdDSA", number=0, **moments: datetime):
    """Return an entry of SIGNING_KEYS."""
    key = pem(private_key(algorithm, number))
    return {"algorithm": algorithm, "private_key": key, **moments}


def ring(*entries):
    """Return the settings of a ring."""
    return {"SIGNING_KEYS": list(entries)}
