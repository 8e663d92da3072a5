"""The format of keys. Arithmetic only: no database, no Django.

``<brand>_<prefix: 8>_<secret: 32><checksum: 6>``, all of ``[A-Za-z0-9]`` but the brand. The
prefix finds the row, the secret (190 bits from the CSPRNG) proves the key, and the checksum
refuses a mistyped, truncated or foreign one before the database is asked. Secret scanners match
``<brand>_[A-Za-z0-9]{8}_[A-Za-z0-9]{38}``.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits
#: Every number of two digits to the base 62.
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]

PREFIX_LENGTH = 8
SECRET_LENGTH = 32
CHECKSUM_LENGTH = 6

_SHAPE = r"([A-Za-z0-9-]+)_([A-Za-z0-9]{8})_([A-Za-z0-9]{32})([A-Za-z0-9]{6})"
_KEY = re.compile(_SHAPE, re.ASCII)
_WITHIN = re.compile(rf"(?<![A-Za-z0-9-]){_SHAPE}(?![A-Za-z0-9])", re.ASCII)

#: ``<prefix>.<secret>``: the keys of djangorestframework-api-key, by its default generator.
_PLAIN_KEY = re.compile(r"([A-Za-z0-9]{8})\.[A-Za-z0-9]{16,128}", re.ASCII)


def new_prefix() -> str:
    return _random(PREFIX_LENGTH)


def is_prefix(text: str) -> bool:
    return len(text) == PREFIX_LENGTH and set(text) <= set(ALPHABET)


def new_key(brand: str, prefix: str) -> str:
    body = f"{brand}_{prefix}_{_random(SECRET_LENGTH)}"
    return body + checksum(body)


def prefix_of(key: str, brand: str) -> str | None:
    """Return the look-up prefix of a key of this brand, or None if it is no such key.

    >>> prefix_of("ak_" + "A" * 8 + "_" + "B" * 32 + "dAgP0y", "ak") is None
    True
    """
    match = _KEY.fullmatch(key)
    if match is None or match[1] != brand:
        return None
    if checksum(key[:-CHECKSUM_LENGTH]) != match[4]:
        return None
    return match[2]


def has_brand(text: str, brand: str) -> bool:
    """Say whether a text begins as keys of this brand do. No token does: a JWT begins with eyJ."""
    return text.startswith(f"{brand}_")


def plain_prefix_of(key: str) -> str | None:
    """Return the look-up prefix of a key of djangorestframework-api-key, or None.

    >>> plain_prefix_of("A" * 8 + "." + "B" * 32)
    'AAAAAAAA'
    """
    match = _PLAIN_KEY.fullmatch(key)
    return match and match[1]


def prefix_within(text: str, brand: str) -> str | None:
    """Return the prefix of the first key of this brand in a text; None without one."""
    if "_" not in text:
        return None
    found = (prefix_of(match[0], brand) for match in _WITHIN.finditer(text))
    return next(filter(None, found), None)


def checksum(body: str) -> str:
    """Return CRC-32 in six base-62 digits. It detects typing errors and authenticates nothing."""
    high, low = divmod(zlib.crc32(body.encode()), len(_PAIRS))
    highest, middle = divmod(high, len(_PAIRS))
    return _PAIRS[highest] + _PAIRS[middle] + _PAIRS[low]


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
