"""Hashing that costs little: no step is about what it costs, and it would be most of the time."""

from contextlib import contextmanager

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import override_settings


class Hasher(PBKDF2PasswordHasher):
    iterations = 1000


@contextmanager
def cheap_hashing():
    with override_settings(PASSWORD_HASHERS=[f"{__name__}.{Hasher.__name__}"]):
        yield
