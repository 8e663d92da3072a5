"""New keys, from the CSPRNG of the operating system, as the texts that the settings can name."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from authkit.signing.keys import ALGORITHMS, HMAC_KEY_BYTES, thumbprint

#: Bits of a new RSA key: 128 bits of security (NIST SP 800-57 part 1, table 2).
NEW_RSA_BITS = 3072

#: The curve of each algorithm (RFC 7518 section 3.4, RFC 8812 section 3.2).
CURVES: Mapping[str, type[ec.EllipticCurve]] = {
    "ES256": ec.SECP256R1,
    "ES256K": ec.SECP256K1,
    "ES384": ec.SECP384R1,
    "ES512": ec.SECP521R1,
}

NEW_KEY_ALGORITHMS = sorted(ALGORITHMS)


def new_key(algorithm: str) -> Any:
    """Return a new private key; of HMAC a text with as many random bytes as its hash has."""
    if algorithm in HMAC_KEY_BYTES:
        return secrets.token_urlsafe(HMAC_KEY_BYTES[algorithm])
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm]())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, NEW_RSA_BITS)


def as_pem(key: Any) -> str:
    """Return the text of a PEM file (PKCS #8, RFC 5958), not encrypted; of HMAC the bare secret."""
    if isinstance(key, str):
        return key
    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


def as_jwk(algorithm: str, key: Any) -> str:
    """Return the private JWK as JSON (RFC 7517), which names itself by ``kid``."""
    members = dict(ALGORITHMS[algorithm].to_jwk(key, as_dict=True))
    members.pop("key_ops", None)  # "use" says the same (RFC 7517 section 4.3)
    public = key.encode() if isinstance(key, str) else key.public_key()
    kid = thumbprint(algorithm, public)
    return json.dumps(members | {"kid": kid, "alg": algorithm, "use": "sig"})
