"""Keeps rows of keys for a short time in the project's default cache.

Off unless ``AUTHKIT["API_KEY_CACHE_SECONDS"]`` is set. A change of a key through its model
writes a mark that ``remember`` does not overwrite before it expires, so a request that read
the row before the change cannot put it back (race condition).

The cache is not trusted: it may be shared with other deployments, and with other versions of this
one. A row is sealed with AES-256-GCM under a key derived from SECRET_KEY, for its name, its
columns and its time, and whatever does not open is read from the database instead. The name
depends on the key, the database and the model, and not on the columns: the versions of a rolling
deployment share their marks, so that each notices what the other revokes.

While the cache is down, keys are read from the database. If it does not store a mark, a row that
it has keeps its own expiry.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
from collections.abc import Iterable
from functools import lru_cache, partial
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.cache import BaseCache
from django.db import connections, transaction

from authkit.conf import conf
from authkit.core import clock
from authkit.core.cache import FallibleCache
from authkit.core.counted_log import log_counted
from authkit.core.crypto import NONCE_BYTES, derived_key, secret_keys
from authkit.core.keyed_names import keyed_name

logger = logging.getLogger("authkit.api_keys")

CHANGED = "changed"

_cache = FallibleCache("default")


def recall(prefix: str, *, using: str, columns: str) -> list[Any] | None:
    """Return the row that was remembered with these columns; None if there is none."""
    name = cache_name(prefix, using)
    value: Any = _cache.ask(lambda cache: cache.get(name))
    return _opened(value, name + columns) if isinstance(value, bytes) else None


def remember(prefix: str, row: list[Any], *, using: str, columns: str, since: float) -> None:
    """Keep a row that was read from this database at ``since``, a POSIX timestamp."""
    seconds = conf.API_KEY_CACHE_SECONDS
    name = cache_name(prefix, using)

    def add(cache: BaseCache) -> bool:
        return cache.add(name, _sealed((since + seconds, row), name + columns), seconds)

    _cache.ask(add)


def forget(prefixes: Iterable[str], *, using: str) -> None:
    """Mark keys as changed once the change of their rows has been committed."""
    seconds = conf.API_KEY_CACHE_SECONDS
    # By every secret, since processes of a rolling deployment may have the one before.
    secrets = secret_keys() if seconds else []
    names = [cache_name(prefix, using, secret) for prefix in prefixes for secret in secrets]
    if names:
        marks = dict.fromkeys(names, CHANGED)
        transaction.on_commit(partial(_mark, marks, seconds), using=using)


def cache_name(prefix: str, using: str, secret: str | bytes | None = None) -> str:
    """Return the name of a key's row, which another secret, database or model does not share."""
    value = f"{_database(using)}:{settings.AUTH_USER_MODEL}:{prefix}"
    name = keyed_name("authkit.api_key_cache", value, secret or settings.SECRET_KEY)
    return f"authkit.api_key.{name}"


def _database(using: str) -> str:
    configured = connections[using].settings_dict
    identity = [configured.get(name) for name in ("ENGINE", "HOST", "PORT", "NAME")]
    options = configured.get("OPTIONS") or {}
    # Options that are text may name the database, too: a service, a schema, a file of options.
    texts = {name: value for name, value in options.items() if isinstance(value, str)}
    return json.dumps([using, *identity, texts], sort_keys=True, default=str)


def _mark(marks: dict[str, str], seconds: int) -> None:
    def mark(cache: BaseCache) -> list[str]:
        return cache.set_many(marks, seconds)

    if _cache.ask(mark, insist=True) != []:  # None where it failed, else what it did not take
        sentence = (
            "The cache does not know that API keys were changed: what it remembers of them "
            f"lapses in {seconds} seconds."
        )
        log_counted(logger, logging.WARNING, sentence)


def _sealed(content: tuple[float, list[Any]], context: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    cipher = _cipher(settings.SECRET_KEY)
    return nonce + cipher.encrypt(nonce, pickle.dumps(content), context.encode())


def _opened(value: bytes, context: str) -> list[Any] | None:
    """Return the row of a value that we have sealed for this context and that has not expired."""
    nonce, sealed = value[:NONCE_BYTES], value[NONCE_BYTES:]
    try:
        plain = _cipher(settings.SECRET_KEY).decrypt(nonce, sealed, context.encode())
    except (InvalidTag, ValueError):
        return None
    # Authenticated by now: nothing but our own pickle arrives here.
    until, row = pickle.loads(plain)  # noqa: S301
    kept: list[Any] = row
    # The cache might keep, or be given back, a row from before a revocation (replay).
    is_past = until <= clock.now().timestamp()
    return None if is_past or clock.is_ahead(until - conf.API_KEY_CACHE_SECONDS) else kept


@lru_cache(maxsize=4)
def _cipher(secret: str | bytes) -> AESGCM:
    return AESGCM(derived_key(secret, "authkit.api_key_cache"))
