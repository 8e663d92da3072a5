"""Sessions know the password that they were opened under by a keyed fingerprint of its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from authkit.core.identity.users import AuthUser


def password_fingerprint(user: AuthUser) -> str:
    """Return 64 characters that change when the user's password does, and tell nothing of it.

    Django's own session hash, keyed with SECRET_KEY, once more digested so that its length
    is known and a project's cookie sessions cannot be told from it.
    """
    return _digest(user.get_session_auth_hash())


def accepted_fingerprints(user: AuthUser) -> Iterator[str]:
    """Return the fingerprint under SECRET_KEY, then those under SECRET_KEY_FALLBACKS."""
    yield password_fingerprint(user)
    for fallback in user.get_session_auth_fallback_hash():
        yield _digest(fallback)


def _digest(value: Any) -> str:
    return hashlib.sha256(str(value).encode()).hexdigest()
