"""The key ring: which key signs now, which verify, and when that changes next."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from math import inf

from django.core.exceptions import ImproperlyConfigured

from authkit.conf import conf
from authkit.core import clock
from authkit.core.counted_log import log_counted
from authkit.core.crypto import derived_key, secret_keys
from authkit.errors import ServiceUnavailable, TokenInvalid
from authkit.signing.entries import WrongEntry, read_entry
from authkit.signing.keys import HMAC_KEY_BYTES, SigningKey, WrongKey, signing_key
from authkit.signing.simple_jwt import configured, setting

logger = logging.getLogger("authkit.signing")

NONE_SIGNS = (
    "No key of AUTHKIT['SIGNING_KEYS'] that can sign is valid now, so no token can be made. "
    "Add one: manage.py authkit_make_signing_key"
)


class KeyRing:
    """The keys of the project, the newest first.

    The newest that is valid signs; all that are valid verify. A server with another clock may sign
    with a key a little before it is valid here, so a key verifies from a minute before that.
    """

    def __init__(self, keys: Iterable[SigningKey]) -> None:
        self.keys = tuple(sorted(keys, key=lambda key: key.not_before, reverse=True))
        # A token's header has to be that of one of our keys, letter by letter. So it is never
        # parsed, and chooses neither algorithm nor key by anything else (jwk, jku, x5u, crit).
        self._by_header = {key.header: key for key in self.keys}

    def signing_key(self) -> SigningKey:
        """Return the key that signs now.

        :raises ServiceUnavailable: there is none; the log says what to do.
        """
        now = clock.now().timestamp()
        for key in self.keys:
            if key.signs(now):
                return key
        log_counted(logger, logging.ERROR, NONE_SIGNS)
        raise ServiceUnavailable

    def verifying_key(self, token: str) -> SigningKey:
        """Return the key that a token names.

        :raises TokenInvalid: it names none that is valid now.
        """
        key = self._by_header.get(token.partition(".")[0])
        if key is None or not _verifies(key):
            raise TokenInvalid
        return key

    def published(self) -> list[SigningKey]:
        """Return the keys that others may verify with, now or soon. HMAC keys are not public."""
        now = clock.now().timestamp()
        return [key for key in self.keys if not key.is_hmac and now < key.expires_at]

    def next_change(self) -> float:
        """Return the next moment at which a key becomes valid or ends: a POSIX timestamp."""
        now = clock.now().timestamp()
        moments = [moment for key in self.keys for moment in (key.not_before, key.expires_at)]
        return min((moment for moment in moments if moment > now), default=inf)


_SKEW = clock.MAX_SKEW.total_seconds()


def _verifies(key: SigningKey) -> bool:
    if key.not_before == -inf and key.expires_at == inf:
        return True
    return key.not_before - _SKEW <= clock.now().timestamp() < key.expires_at


def read_ring() -> KeyRing:
    """Return the ring that the settings say.

    :raises ImproperlyConfigured: they say none.
    """
    ring = list(_ring_of_entries())
    return KeyRing([*ring, *_without(ring, _older_keys(ring))])


def _ring_of_entries() -> Iterator[SigningKey]:
    known: dict[str, int] = {}
    for number, entry in enumerate(conf.SIGNING_KEYS):
        source = f"AUTHKIT['SIGNING_KEYS'][{number}]"
        try:
            key = read_entry(entry)
        except WrongEntry as error:
            raise ImproperlyConfigured(f"{source} {error}. {error.hint}") from None
        if key.kid in known:
            raise ImproperlyConfigured(
                f"{source} is the key of entry {known[key.kid]} again. Remove one of them."
            )
        known[key.kid] = number
        yield replace(key, source=source)


def _without(ring: list[SigningKey], keys: Iterable[SigningKey]) -> list[SigningKey]:
    known = {key.kid for key in ring}
    return [key for key in keys if key.kid not in known]


def _older_keys(ring: list[SigningKey]) -> Iterator[SigningKey]:
    """Yield the key of ``SIMPLE_JWT``, or else those that SECRET_KEY and its fallbacks give.

    They sign until the first key of the ring does.
    """
    begins = min((key.not_before for key in ring if key.secret is not None), default=inf)
    algorithm = setting("ALGORITHM")
    if "SIGNING_KEY" in configured():
        source = "SIMPLE_JWT['SIGNING_KEY']"
        yield replace(_simple_jwt_key(algorithm), signs_until=begins, source=source)
    elif algorithm in HMAC_KEY_BYTES or ring:
        yield from _derived_keys(algorithm, begins)
    else:
        raise ImproperlyConfigured(
            f"SIMPLE_JWT['ALGORITHM'] is {algorithm!r}, and there is no key for it. "
            "Set SIMPLE_JWT['SIGNING_KEY'] or AUTHKIT['SIGNING_KEYS']."
        )


def _simple_jwt_key(algorithm: str) -> SigningKey:
    try:
        return signing_key(algorithm, setting("SIGNING_KEY"), public=setting("VERIFYING_KEY"))
    except (KeyError, WrongKey):
        raise ImproperlyConfigured(
            f"SIMPLE_JWT['SIGNING_KEY'] or ['VERIFYING_KEY'] is no key for {algorithm!r}. "
            "manage.py check says more."
        ) from None


def _derived_keys(algorithm: str, begins: float) -> Iterator[SigningKey]:
    """Yield the keys that are derived from SECRET_KEY and its fallbacks.

    They verify until the last token that they signed has expired, and not longer: SECRET_KEY is
    in more hands than a key of the ring.
    """
    name = algorithm if algorithm in HMAC_KEY_BYTES else "HS256"
    expires_at = begins + longest_lifetime().total_seconds() + _SKEW
    for number, secret in enumerate(secret_keys()):
        key = derived_key(secret, f"authkit.tokens.{name}", HMAC_KEY_BYTES[name])
        source = f"SECRET_KEY_FALLBACKS[{number - 1}]" if number else "SECRET_KEY"
        yield replace(
            signing_key(name, key, expires_at=expires_at), signs_until=begins, source=source
        )


def longest_lifetime() -> timedelta:
    """Return how long a token can be valid after a key signed it."""
    lifetimes: list[timedelta] = [
        setting("REFRESH_TOKEN_LIFETIME"),
        setting("ACCESS_TOKEN_LIFETIME"),
    ]
    return max(lifetimes)
