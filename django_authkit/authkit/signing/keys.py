"""A key that signs tokens or verifies them: one key, one algorithm (RFC 8725 section 3.1)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from jwt.algorithms import Algorithm, get_default_algorithms

#: By name, without "none" (RFC 8725 section 3.2) and PyJWT's second name for ES512.
ALGORITHMS: Mapping[str, Algorithm] = {
    name: algorithm
    for name, algorithm in get_default_algorithms().items()
    if name not in ("none", "ES521")
}

#: The minimum bytes of an HMAC key (RFC 7518 section 3.2).
HMAC_KEY_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}

#: The minimum bits of an RSA key (RFC 7518 section 3.3).
RSA_KEY_BITS = 2048

#: The curve of each algorithm that has one (RFC 7518 section 3.4, RFC 8812 section 3.2).
CURVES = {
    "ES256": ec.SECP256R1,
    "ES256K": ec.SECP256K1,
    "ES384": ec.SECP384R1,
    "ES512": ec.SECP521R1,
}

#: The members of a JWK that its thumbprint is made of (RFC 7638 section 3.2, RFC 8037 section 2).
THUMBPRINT_MEMBERS = {
    "EC": ("crv", "kty", "x", "y"),
    "OKP": ("crv", "kty", "x"),
    "RSA": ("e", "kty", "n"),
    "oct": ("k", "kty"),
}

PRIVATE_KEYS = (
    rsa.RSAPrivateKey,
    ec.EllipticCurvePrivateKey,
    ed25519.Ed25519PrivateKey,
    ed448.Ed448PrivateKey,
)


class WrongKey(ValueError):
    """What was given is no key for the algorithm. The message says why, and shows no secret."""


@dataclass(frozen=True, slots=True, eq=False)
class SigningKey:
    """A key of the ring.

    ``secret`` signs, and is None where the key only verifies; ``public`` verifies. With HMAC both
    are the same bytes. The key is valid from ``not_before`` until ``expires_at``, and signs until
    ``signs_until``: POSIX timestamps in seconds. ``kid`` is the thumbprint of RFC 7638.
    ``source`` says where the settings have it.
    """

    algorithm: str
    public: Any = field(repr=False)
    secret: Any = field(repr=False)
    kid: str
    not_before: float = -inf
    expires_at: float = inf
    signs_until: float = inf
    source: str = ""

    @property
    def is_hmac(self) -> bool:
        return self.algorithm in HMAC_KEY_BYTES

    @property
    def header(self) -> str:
        """The first segment of every token of this key, as it signs them."""
        header = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT"}
        return encode_segment(json.dumps(header, separators=(",", ":")).encode())

    def signs(self, now: float) -> bool:
        ends = min(self.expires_at, self.signs_until)
        return self.secret is not None and self.not_before <= now < ends


def signing_key(
    algorithm: str,
    given: str | bytes | Mapping[str, Any],
    *,
    public: str | bytes | Mapping[str, Any] | None = None,
    not_before: float = -inf,
    expires_at: float = inf,
) -> SigningKey:
    """Return the key of a PEM text or a JWK (RFC 7517); with HMAC also of the bare secret.

    :param given: the private key, or a public one that only verifies.
    :param public: the public key where it is not to be computed from the private one.
    :raises WrongKey: it is no key for the algorithm.
    """
    key = _prepared(algorithm, given)
    secret = key if isinstance(key, (bytes, *PRIVATE_KEYS)) else None
    if public:
        verifying = _prepared(algorithm, public)
    else:
        verifying = key.public_key() if isinstance(key, PRIVATE_KEYS) else key
    return SigningKey(
        algorithm, verifying, secret, thumbprint(algorithm, verifying), not_before, expires_at
    )


def public_jwk(key: SigningKey) -> dict[str, str]:
    """Return the public key as a JWK for signatures (RFC 7517 section 4). Not for HMAC keys."""
    parts = _jwk(key.algorithm, key.public)
    members = {name: parts[name] for name in THUMBPRINT_MEMBERS[parts["kty"]]}
    return members | {"kid": key.kid, "alg": key.algorithm, "use": "sig"}


def thumbprint(algorithm: str, public: Any) -> str:
    """Return the thumbprint of a JWK by SHA-256, in Base64url (RFC 7638)."""
    jwk = _jwk(algorithm, public)
    members = {name: jwk[name] for name in THUMBPRINT_MEMBERS[jwk["kty"]]}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return encode_segment(hashlib.sha256(canonical.encode()).digest())


def encode_segment(data: bytes) -> str:
    """Return Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _jwk(algorithm: str, key: Any) -> dict[str, Any]:
    return dict(ALGORITHMS[algorithm].to_jwk(key, as_dict=True))


def weakness(key: SigningKey) -> str | None:
    """Say why the key is too short for its algorithm; None if it is not."""
    least = HMAC_KEY_BYTES.get(key.algorithm)
    if least is not None:
        length = len(key.public)
        return f"has {length} bytes; {key.algorithm} requires {least}" if length < least else None
    bits = key.public.key_size if isinstance(key.public, rsa.RSAPublicKey) else RSA_KEY_BITS
    return f"has {bits} bits; RSA requires {RSA_KEY_BITS}" if bits < RSA_KEY_BITS else None


def _prepared(algorithm: str, given: str | bytes | Mapping[str, Any]) -> Any:
    """Return the key as the library wants it: bytes with HMAC, else an object."""
    library = ALGORITHMS[algorithm]
    jwk = _as_jwk(given)
    try:
        key = library.prepare_key(given if jwk is None else library.from_jwk(jwk))
    except Exception:  # the library raises various errors, some of which quote the key
        key = None
    if not _fits(algorithm, key):
        raise WrongKey(f"is no key for {algorithm}")
    return key


def _fits(algorithm: str, key: Any) -> bool:
    """Tell whether the algorithm takes the key, which older versions of PyJWT do not ask."""
    if algorithm in CURVES:
        return isinstance(getattr(key, "curve", None), CURVES[algorithm])
    if algorithm.startswith(("RS", "PS")):
        return isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey)
    return bool(key)


def _as_jwk(given: str | bytes | Mapping[str, Any]) -> dict[str, Any] | None:
    if isinstance(given, Mapping):
        return dict(given)
    try:
        parsed = json.loads(given)
    except (TypeError, ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) and "kty" in parsed else None
