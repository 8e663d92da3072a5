"""Tokens are signed and verified here, by PyJWT: the only module that makes or reads a JWS."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import jwt

from authkit.errors import TokenInvalid
from authkit.signing.configuration import Configuration
from authkit.signing.keys import SigningKey, encode_segment

_jws = jwt.PyJWS()


def sign(claims: Mapping[str, Any], using: Configuration) -> str:
    """Return the claims as a JWT of the key that signs now, with issuer and audience.

    :raises ServiceUnavailable: no key signs now.
    """
    key = using.ring.signing_key()
    named = {"aud": using.audience, "iss": using.issuer}
    payload = {**claims, **{name: value for name, value in named.items() if value is not None}}
    text = json.dumps(payload, separators=(",", ":"), cls=using.json_encoder)
    return _jws.encode(text.encode(), key.secret, key.algorithm, headers={"kid": key.kid})


def verified_claims(token: str, key: SigningKey, using: Configuration) -> dict[str, Any]:
    """Return the claims of a token that the key signed; ``exp`` and ``iat`` are not verified.

    ``nbf``, ``iss`` and ``aud`` are, and the algorithm is the key's (RFC 8725 section 3.1).

    :raises TokenInvalid: for every other string.
    """
    _require_canonical(token)
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public,
            algorithms=[key.algorithm],
            audience=using.audience,
            issuer=using.issuer,
            leeway=using.leeway,
            options={
                "verify_aud": using.audience is not None,
                # Callers verify these, with the clock of the project.
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except (jwt.PyJWTError, TypeError, ValueError, OverflowError, RecursionError):
        # PyJWT raises plain errors for some malformed claims of validly signed tokens.
        raise TokenInvalid from None
    return claims


def _require_canonical(token: str) -> None:
    """Refuse a signature whose last letter was changed in the bits that no byte takes.

    PyJWT does so from 2.14 on. RFC 4648 section 3.5: one signature, one text.
    """
    signature = token.rpartition(".")[2]
    padding = "=" * (-len(signature) % 4)
    try:
        is_canonical = encode_segment(base64.urlsafe_b64decode(signature + padding)) == signature
    except ValueError:
        is_canonical = False
    if not is_canonical:
        raise TokenInvalid
