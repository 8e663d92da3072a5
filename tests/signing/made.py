"""Keys, made for this run."""

from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

MAKE = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


def made(algorithm):
    """Return a new private key and its public one, as PEM texts."""
    return pems(MAKE[algorithm]())


def pair(algorithm, number=0):
    """Return the pair of this number, the same for the whole run: RSA keys take a while."""
    return _numbered(algorithm, number)


_numbered = cache(lambda algorithm, number: made(algorithm))


def pems(private):
    return (
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    )


ED448 = ed448.Ed448PrivateKey.generate


def entry(algorithm="EdDSA", number=0, **more):
    """Return an entry of ``AUTHKIT["SIGNING_KEYS"]``."""
    return {"algorithm": algorithm, "private_key": pair(algorithm, number)[0], **more}
