"""Recovery codes: made, read, and digested. Arithmetic only."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

#: Crockford's Base32 in small letters: no i, l, o or u.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
CODES = 10
LENGTH = 16  # of 5 bits each: 80 bits
GROUP = 4

_READ_AS = str.maketrans("oil", "011", "- ")


def new_codes() -> list[str]:
    return [_new_code() for _ in range(CODES)]


def normalise(code: str) -> str:
    """Return a typed code as it was made: capitals, dashes, spaces and look-alikes undone.

    >>> normalise("OIL2-3456 789A-bcde")
    '01123456789abcde'
    """
    return code.lower().translate(_READ_AS)


def is_code(value: str) -> bool:
    code = normalise(value)
    return value.isascii() and len(code) == LENGTH and set(code) <= set(ALPHABET)


def digest(code: str, user_pk: Any) -> str:
    """Return what is stored. Eighty random bits need no slow hash; the user is the salt."""
    return hashlib.sha256(f"{user_pk}:{normalise(code)}".encode()).hexdigest()


def _new_code() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(letters[start : start + GROUP] for start in range(0, LENGTH, GROUP))
