"""The stores that requests are counted in, as CACHES has them."""

import os
import uuid

import pytest
from authkit.core.limits.cached import MARK
from django.core.cache import caches

needs_redis = pytest.mark.redis

REDIS_BACKEND = "django.core.cache.backends.redis.RedisCache"
REDIS = {
    "BACKEND": REDIS_BACKEND,
    "LOCATION": os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
    # In each run by itself: other users of this Redis are not disturbed.
    "KEY_PREFIX": uuid.uuid4().hex,
    # Sixty-four threads of one process may wait longer for the processor than for Redis.
    "OPTIONS": {"socket_timeout": 10, "socket_connect_timeout": 10},
}
NO_REDIS = {"BACKEND": REDIS_BACKEND, "LOCATION": "redis://127.0.0.1:1"}
DATABASE = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cached"}
LOCMEM = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
DUMMY = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}


def settle():
    """The default cache has forgotten nothing for longer than any period: it counts at once."""
    caches["default"].set(MARK, 0, None)
