from django.core.cache.backends.base import BaseCache


class Broken(BaseCache):
    """A cache whose server is gone."""

    def __init__(self, location, params):
        super().__init__(params)

    def _fail(self, *args, **kwargs):
        raise ConnectionError("the cache does not answer")

    get = set = add = touch = delete = incr = has_key = clear = _fail
