import pytest
from authkit.core.limits.cached import counter_of
from authkit.core.limits.throttles import warn_of_unknown_ips
from django.core.cache import caches

from tests.core.limits.private_redis import PrivateRedis
from tests.core.limits.stores import REDIS_BACKEND, settle


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """What a process remembers between requests: that a cache failed, and what it warned of."""
    counter_of.cache_clear()
    warn_of_unknown_ips.cache_clear()
    caches["default"].clear()


@pytest.fixture
def private_redis(tmp_path, settings):
    """A Redis of this test alone, as the project's default cache."""
    server = PrivateRedis(tmp_path)
    settings.CACHES = {"default": {"BACKEND": REDIS_BACKEND, "LOCATION": server.location}}
    settle()
    yield server
    server.stop()
