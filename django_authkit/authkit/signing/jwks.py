"""The public keys as a JWK Set (RFC 7517 section 5), and for how long others may keep it."""

from __future__ import annotations

from typing import Any

from authkit.core import clock
from authkit.signing.keys import public_jwk
from authkit.signing.ring import KeyRing

#: In seconds. A key that has leaked is removed by a deployment, of which no ring knows before;
#: others accept its tokens for so long. It is also how long before it signs a key has to be there.
MAX_AGE = 600

#: In seconds: as far as clocks may differ, so that a cache holds off a crowd at a change, too.
MIN_AGE = int(clock.MAX_SKEW.total_seconds())


def key_set(ring: KeyRing) -> dict[str, Any]:
    """Return the JWK Set; without keys where only HMAC keys sign."""
    return {"keys": [public_jwk(key) for key in ring.published()]}


def cache_seconds(ring: KeyRing) -> int:
    """Return for how many seconds the set may be cached: until the next change, within bounds."""
    left = ring.next_change() - clock.now().timestamp()
    return int(min(max(left, MIN_AGE), MAX_AGE))
