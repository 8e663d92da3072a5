"""Encryption of the secrets that must be read again: AES-256-GCM (NIST SP 800-38D), a key ring.

A sealed value is ``<key id>.<base64url of nonce and ciphertext>``. The context is its associated
data, so that a value copied to another row or owner cannot be decrypted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from authkit.conf import conf

#: What Django takes as SECRET_KEY.
Secret = str | bytes

KEY_BYTES = 32
NONCE_BYTES = 12


class CannotUnseal(Exception):
    """The key is not in the ring, or the value or its context differs from what was sealed."""


def seal(secret: bytes, *, context: str) -> str:
    """Return the secret, encrypted with the first key of the ring and a nonce of the CSPRNG."""
    key_id, key = next(iter(key_ring().items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, secret, context.encode())
    return f"{key_id}.{base64.urlsafe_b64encode(sealed).decode()}"


def unseal(sealed: str, *, context: str) -> bytes:
    """Return the secret of a sealed value.

    :raises CannotUnseal: for every reason, so that an attacker cannot distinguish them.
    """
    key = key_ring().get(key_id_of(sealed))
    if key is None:
        raise CannotUnseal
    try:
        value = base64.urlsafe_b64decode(sealed.partition(".")[2])
        return AESGCM(key).decrypt(value[:NONCE_BYTES], value[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError):
        raise CannotUnseal from None


def key_id_of(sealed: str) -> str:
    return sealed.partition(".")[0]


def current_key_id() -> str:
    return next(iter(key_ring()))


def key_ring() -> Mapping[str, bytes]:
    """Return the keys of 32 bytes by id, the one that encrypts first.

    Configured keys precede those that HKDF (RFC 5869) derives from SECRET_KEY, which still
    decrypt what was sealed before a key was configured.
    """
    configured = {key_id: decode_key(key) for key_id, key in conf.ENCRYPTION_KEYS.items()}
    derived = [derived_key(secret, "authkit.encryption") for secret in secret_keys()]
    return configured | {_id_of(key): key for key in derived}


def decode_key(encoded: str) -> bytes:
    """Return the 32 bytes of a configured key.

    :raises ValueError: it is not Base64, or has another length.
    """
    try:
        key = base64.b64decode(encoded.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, AttributeError, TypeError):
        raise ValueError("not Base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"{len(key)} bytes instead of {KEY_BYTES}")
    return key


def secret_keys() -> list[Secret]:
    """Return SECRET_KEY, then SECRET_KEY_FALLBACKS, each once."""
    return list(dict.fromkeys([settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]))


def derived_key(secret: Secret, purpose: str, length: int = KEY_BYTES) -> bytes:
    """Return a key of ``length`` bytes that HKDF derives from SECRET_KEY for one purpose."""
    material = secret if isinstance(secret, bytes) else secret.encode()
    return HKDF(SHA256(), length, salt=None, info=purpose.encode()).derive(material)


def _id_of(key: bytes) -> str:
    return "derived-" + hashlib.sha256(key).hexdigest()[:8]
