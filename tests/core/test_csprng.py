"""Secrets come from the operating system's CSPRNG: the state of ``random`` does not matter."""

import random
from datetime import timedelta

import pytest
from authkit.api_keys import keys
from authkit.core import crypto
from authkit.core.identity import one_time_links
from authkit.core.identity.models import Purpose
from authkit.factors.recovery_codes.codes import new_codes
from authkit.factors.totp.rfc6238 import new_secret
from authkit.models import APIKey, Session

LIFETIME = timedelta(minutes=30)

GENERATORS = {
    "API key": lambda: keys.new_key("ak", "A" * 8),
    "prefix of an API key": keys.new_prefix,
    "generated API key": lambda: APIKey.objects.key_generator.generate(),
    "recovery codes": new_codes,
    "TOTP secret": new_secret,
    "nonce of AES-256-GCM": lambda: crypto.seal(b"secret", context="one"),
    "session id": lambda: Session().pk,
}


def after_seeding(generate):
    random.seed(0)
    return generate()


@pytest.mark.parametrize("name", GENERATORS)
def test_a_seed_of_random_predicts_no_secret(name):
    generate = GENERATORS[name]
    assert after_seeding(generate) != after_seeding(generate)


@pytest.mark.django_db
def test_a_seed_of_random_predicts_no_one_time_link(user):
    def issue():
        purpose = Purpose.PASSWORD_RESET
        [token] = one_time_links.issue(purpose, [(user, "a@example.com")], LIFETIME)
        return token

    assert after_seeding(issue) != after_seeding(issue)
