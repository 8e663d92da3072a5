"""Keys that are made for this run: the same ones each time, since RSA keys take a while."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
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

ED448 = ed448.Ed448PrivateKey.generate


def private_key(algorithm="EdDSA", number=0):
    """Return the private key of this number."""
    return _numbered(algorithm, number)


@cache
def _numbered(algorithm, number):
    return new(algorithm)


def new(algorithm):
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm]())
    if algorithm in RSA:
        return rsa.generate_private_key(65537, 2048)
    return ed25519.Ed25519PrivateKey.generate()


def pair(algorithm, number=0):
    """Return the private key of this number and its public one, as PEM texts."""
    return pems(private_key(algorithm, number))


def pems(private):
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret.decode(), public.decode()


def entry(algorithm="EdDSA", number=0, **more):
    """Return an entry of ``AUTHKIT["SIGNING_KEYS"]``."""
    return {"algorithm": algorithm, "private_key": pair(algorithm, number)[0], **more}


def ring(*entries):
    """Return the setting ``AUTHKIT`` with a ring."""
    return {"SIGNING_KEYS": list(entries)}
