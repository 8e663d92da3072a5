import pytest

from tests.sessions.answers import assert_session_lives, assert_token_invalid
from tests.sessions.test_forgery import FAR, changed

pytestmark = [pytest.mark.django_db]


def test_a_well_signed_token_that_lives_for_ever_is_refused(client, user):
    pair = client.pair(user)
    assert_token_invalid(client.sessions(changed(pair["access"], "exp", FAR)))


def test_a_refreshed_session_outlives_the_fallback_of_a_secret_key(client, user, settings):
    settings.SIMPLE_JWT = {"SIGNING_KEY": "a signing key of its own, thirty-two bytes and more"}
    pair, old = client.pair(user), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [old]
    successor = client.refresh(pair["refresh"]).json()
    settings.SECRET_KEY_FALLBACKS = []
    assert_session_lives(client, successor)
