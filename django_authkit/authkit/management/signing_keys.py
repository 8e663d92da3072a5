"""What is due for the keys that sign tokens, as sentences for administrators."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from authkit.accounts.confirmed.email_change import UNDO_LIFETIME
from authkit.conf.written import as_python
from authkit.core import clock
from authkit.signing.keys import SigningKey
from authkit.signing.ring import KeyRing
from authkit.signing.schedule import Period, as_words, needed_until, signing_periods, silence
from authkit.signing.simple_jwt import setting


def report(ring: KeyRing) -> Iterator[str]:
    """Yield a line for each key, the newest first, and when none will sign. None shows a secret."""
    for key in ring.keys:
        yield f"{key.source} ({key.algorithm}, kid {key.kid}) {_state(key, ring)}".rstrip()
    end = silence(ring)
    if clock.now().timestamp() < end < inf:
        yield f"No key signs from {as_words(end)} on. Add one before: authkit_make_signing_key"


def _state(key: SigningKey, ring: KeyRing) -> str:
    now = clock.now().timestamp()
    if key.expires_at <= now:
        return f"verifies no more. {_farewell(key)}"
    periods = signing_periods(key, ring)
    for period in periods if key.secret is not None else []:
        if period.start <= now < period.end:
            return f"signs{_when(period, 'since')}{_afterwards(key, period.end)}"
        if period.start > now:
            known = "is known" if key.is_hmac else "is published"
            return f"{known}, and signs{_when(period, 'from')}."
    # A key without its private half: what it may have signed, until a newer one did.
    return f"verifies only{_afterwards(key, periods[-1].end if periods else inf)}"


def _when(period: Period, word: str) -> str:
    since = f" {word} {as_words(period.start)}" if period.start > -inf else ""
    until = f" until {as_words(period.end)}" if period.end < inf else ""
    return since + until


def _afterwards(key: SigningKey, end: float) -> str:
    """Say until when a key is needed that ceases to sign at ``end``."""
    needed = min(needed_until(end), key.expires_at)
    if key.source.startswith("SECRET_KEY"):
        accepted = f" Its tokens are accepted until {as_words(needed)}." if needed < inf else ""
        return f".{accepted} {_farewell(key)}".rstrip()
    if needed == inf:
        return ", without an end."
    if needed <= clock.now().timestamp():
        return f", and its tokens have expired. {_farewell(key)}"
    if key.expires_at < needed_until(end):
        return f". It expires at {as_words(key.expires_at)}."
    return f". Keep it until {as_words(needed)}, when its tokens have expired."


def _farewell(key: SigningKey) -> str:
    if key.source == "SECRET_KEY":
        return ""
    if key.source.startswith("SECRET_KEY"):
        # Fingerprints of sessions that were not refreshed since, and mailed links.
        longest = max(setting("REFRESH_TOKEN_LIFETIME"), UNDO_LIFETIME)
        return f"Sessions and links need it for {as_python(longest)} after SECRET_KEY changed."
    return "Remove it."
