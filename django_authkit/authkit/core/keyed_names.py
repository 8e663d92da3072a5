"""Names of rows and cache entries that reveal nothing of what they name: HMACs under SECRET_KEY.

A rotation of SECRET_KEY changes every name. So whatever is looked for by such a name is looked for
by all that it may have: the one under SECRET_KEY, and those under SECRET_KEY_FALLBACKS. Without
fallbacks that is one name, and costs nothing more.

During a rotation there are processes that have another SECRET_KEY, or do not know the new one
yet. What limits guessing therefore never moves a row away from the name by which they find it.
"""

from __future__ import annotations

from django.utils.crypto import salted_hmac

from authkit.core.crypto import Secret, secret_keys


def keyed_names(purpose: str, value: str) -> list[str]:
    """Return the names of a value, 64 hexadecimal digits each: the present one, and earlier ones.

    :param purpose: separates what would else have one name.
    """
    return [keyed_name(purpose, value, secret) for secret in secret_keys()]


def keyed_name(purpose: str, value: str, secret: Secret) -> str:
    """Return the name of a value under one of :func:`secret_keys`: HMAC-SHA-256."""
    return salted_hmac(purpose, value, secret=secret, algorithm="sha256").hexdigest()
