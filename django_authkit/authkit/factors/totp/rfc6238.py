"""TOTP as authenticator apps do it: SHA-1, six digits, thirty seconds. Arithmetic only."""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Iterator
from urllib.parse import quote, urlencode

from django_otp.oath import hotp

STEP_SECONDS = 30
SECRET_BYTES = 20  # RFC 4226 section 4, R6: 128 bits at least, 160 recommended
CODE = re.compile(r"[0-9]{6}", re.ASCII)

#: As written in a URL.
MAX_ACCOUNT = 120
MAX_ISSUER = 48

#: RFC 6238 sections 5.2 and 6: one step back for the time it takes to type, and one ahead for a
#: device whose clock is fast.
STEPS_BACK = STEPS_AHEAD = 1


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def is_code(value: str) -> bool:
    return CODE.fullmatch(value) is not None


def matching_step(secret: bytes, code: str, timestamp: float) -> int | None:
    """Return the time step that ``code`` belongs to at ``timestamp``, or None.

    >>> matching_step(b"12345678901234567890", "287082", 59)
    1
    >>> matching_step(b"12345678901234567890", "287082", 89)
    1
    >>> matching_step(b"12345678901234567890", "287082", 0)
    1
    >>> matching_step(b"12345678901234567890", "287082", 90) is None
    True
    """
    if not is_code(code):
        return None
    matches = [
        step for step in _steps(timestamp) if hmac.compare_digest(f"{hotp(secret, step):06d}", code)
    ]
    return matches[0] if matches else None


def step_at(timestamp: float) -> int:
    """Return the number of the time step of a POSIX timestamp."""
    return int(timestamp) // STEP_SECONDS


def _steps(timestamp: float) -> Iterator[int]:
    present = step_at(timestamp)
    return iter(range(present + STEPS_AHEAD, present - STEPS_BACK - 1, -1))


def _cut(name: str, length: int) -> str:
    """Return as much of a name as fits into so many characters of a URL."""
    while len(quote(name, safe="")) > length:
        name = name[:-1]
    return name


def base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode().rstrip("=")


def otpauth_url(secret: bytes, account: str, issuer: str) -> str:
    """Return the key URI that authenticator apps read from a QR code.

    Names only tell the entries of an app apart. Very long ones are cut: the picture of them
    could not be scanned.
    """
    account, issuer = _cut(account, MAX_ACCOUNT), _cut(issuer, MAX_ISSUER)
    label = quote(account, safe="")
    if issuer:
        label = f"{quote(issuer, safe='')}:{label}"
    parameters = {"secret": base32(secret), "algorithm": "SHA1", "digits": 6, "period": 30}
    if issuer:
        parameters["issuer"] = issuer
    return f"otpauth://totp/{label}?{urlencode(parameters, quote_via=quote)}"
