"""A third factor: a word that changes with each use. It keeps it in the cache, without a table."""

from authkit.core.factors import Factor
from django.core.cache import cache


class Toy(Factor):
    name = "toy"
    amr = ("sms", "mfa")

    def is_on(self, user):
        return cache.get(_key(user)) is not None

    def begin(self, user):
        cache.set(f"{_key(user)}.sent", self.present_code(user))

    def recognises(self, code):
        return code.startswith("toy-")

    def verifier(self, user):
        return (lambda code: _spend(user, code)) if self.is_on(user) else None

    def remove(self, user):
        cache.delete(_key(user))

    def turn_on(self, user):
        cache.set(_key(user), 1)

    def present_code(self, user):
        return f"toy-{cache.get(_key(user))}"

    def sent(self, user):
        return cache.get(f"{_key(user)}.sent")


def _key(user):
    return f"toy.{user.pk}"


def _spend(user, code):
    if code != f"toy-{cache.get(_key(user))}":
        return False
    cache.incr(_key(user))
    return True


toy = Toy()
