"""Which key signs, which verify, and when that changes."""

from datetime import UTC, datetime, timedelta

import pytest
from authkit.core.crypto import derived_key
from authkit.models import Session
from authkit.signing.configuration import configuration
from authkit.signing.keys import signing_key
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from tests.conftest import Client
from tests.sessions.answers import assert_session_lives, assert_token_invalid
from tests.sessions.forge import header_of
from tests.signing.made import entry, pair

pytestmark = pytest.mark.django_db

HOUR = 3600
#: The lifetime of refresh tokens, by default.
DAY = 24 * HOUR


def ahead(seconds):
    return datetime.now(UTC) + timedelta(seconds=seconds)


def ring(*entries, **others):
    return override_settings(AUTHKIT={"SIGNING_KEYS": list(entries)}, **others)


def kid_of(entry):
    return signing_key(entry["algorithm"], entry.get("private_key") or entry["public_key"]).kid


def signs(client, user):
    """Return the kid of a token that is made now, after using it once."""
    pair = client.pair(user)
    assert client.sessions(pair["access"]).status_code == 200
    return header_of(pair["access"])["kid"]


def test_a_key_is_published_then_signs_then_verifies_and_then_ends(client, user, clock):
    old, new = entry(number=0, expires_at=ahead(2 * HOUR + DAY)), entry(number=1)
    with ring(old):
        session = client.pair(user)
    new["not_before"] = ahead(2 * HOUR)
    with ring(new, old):
        assert_session_lives(client, session)
        clock.shift(2 * HOUR - 1)
        session = client.pair(user)
        assert header_of(session["access"])["kid"] == kid_of(old)
        clock.shift(1)
        assert client.sessions(session["access"]).status_code == 200
        assert signs(client, user) == kid_of(new)
        clock.shift(DAY - 2)
        session = client.refresh(session["refresh"]).json()
        assert header_of(session["refresh"])["kid"] == kid_of(new)
        clock.shift(2)
        assert_session_lives(client, session)


def test_a_token_of_a_key_that_has_ended_is_refused_also_if_it_was_verified_before(
    client, user, clock
):
    with ring(entry(number=0, expires_at=ahead(60)), entry(number=1, not_before=ahead(60))):
        pair = client.pair(user)
        assert client.sessions(pair["access"]).status_code == 200
        clock.shift(59)
        assert client.sessions(pair["access"]).status_code == 200
        clock.shift(1)
        assert_token_invalid(client.sessions(pair["access"]))
        assert_token_invalid(client.refresh(pair["refresh"]))
        assert Session.objects.get().revoked_at is None


def test_a_token_of_a_key_that_is_removed_is_refused_at_once(client, user):
    with ring(entry(number=0)):
        pair = client.pair(user)
        assert client.sessions(pair["access"]).status_code == 200
    with ring(entry(number=1)):
        assert_token_invalid(client.sessions(pair["access"]))


def test_a_server_whose_clock_is_ahead_may_sign_a_minute_before(client, user, clock):
    keys = entry(number=0), entry(number=1, not_before=ahead(60))
    with ring(*keys):
        clock.shift(60)
        pair = client.pair(user)
        clock.shift(-60)
        assert client.sessions(pair["access"]).status_code == 200
        assert signs(client, user) == kid_of(keys[0])
        clock.shift(-1)
        assert_token_invalid(client.sessions(pair["access"]))


def test_the_order_of_entries_means_nothing_but_between_equals(client, user, clock):
    first, second, third = entry(number=0), entry(number=1), entry(number=2)
    with ring(first, second):
        assert signs(client, user) == kid_of(first)
    third["not_before"] = ahead(-HOUR)
    for order in ((first, second, third), (third, second, first)):
        with ring(*order):
            assert signs(client, user) == kid_of(third)


def test_a_public_key_verifies_and_never_signs(client, user):
    with ring(entry(number=0)):
        pair_of_another = client.pair(user)
    public = {"algorithm": "EdDSA", "public_key": pair("EdDSA", 0)[1], "not_before": ahead(-1)}
    with ring(public, entry(number=1)):
        assert_session_lives(client, pair_of_another)
        assert signs(client, user) == kid_of(entry(number=1))


def test_algorithms_stand_beside_each_other(client, user):
    sessions = []
    algorithms = ["RS256", "ES256", "EdDSA", "PS256"]
    for algorithm in algorithms:
        with ring(entry(algorithm)):
            sessions.append(client.pair(user))
    with ring(*(entry(algorithm) for algorithm in algorithms)):
        for session in sessions:
            assert_session_lives(client, session)


# --- where no key signs ----------------------------------------------------------------------


def test_without_a_key_that_signs_nobody_logs_in_and_sessions_go_on(user, clock, caplog):
    client = Client(raise_request_exception=False)
    with ring(entry(expires_at=ahead(HOUR), not_before=ahead(-HOUR))):
        session = client.pair(user)
    public = {"algorithm": "EdDSA", "public_key": pair("EdDSA")[1]}
    with ring(public, entry(number=1, not_before=ahead(-HOUR), expires_at=ahead(-60))):
        assert client.sessions(session["access"]).status_code == 200
        for answer in (client.log_in(user), client.refresh(session["refresh"])):
            assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
            assert answer.headers["Retry-After"]
    lines = [line for line in caplog.messages if "authkit_make_signing_key" in line]
    assert lines
    assert [session.generation for session in Session.objects.all()] == [0]
    with ring(entry()):
        assert client.refresh(session["refresh"]).status_code == 200


def test_a_ring_that_cannot_be_read_says_which_entry(client, user):
    wrong = entry(number=1) | {"private_key": "no key"}
    with ring(entry(), wrong), pytest.raises(ImproperlyConfigured) as refused:
        client.log_in(user)
    assert str(refused.value).startswith(
        "AUTHKIT['SIGNING_KEYS'][1] has a 'private_key' that is no key for EdDSA. "
    )


def test_the_same_key_twice_is_refused(client, user):
    again = {"algorithm": "EdDSA", "public_key": pair("EdDSA")[1], "expires_at": ahead(HOUR)}
    with ring(entry(), again), pytest.raises(ImproperlyConfigured, match="entry 0 again"):
        client.log_in(user)


def test_one_key_has_one_algorithm(client, user):
    private = pair("RS256")[0]
    keys = [{"algorithm": name, "private_key": private} for name in ("RS256", "PS256")]
    with ring(*keys), pytest.raises(ImproperlyConfigured, match="entry 0 again"):
        client.log_in(user)


# --- without a ring, and on the way to one -----------------------------------------------------

OLD, NEW = "o" * 50, "n" * 50


def test_a_rotation_of_secret_key_logs_nobody_out(client, user):
    with override_settings(SECRET_KEY=OLD):
        session = client.pair(user)
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD]):
        assert client.sessions(session["access"]).status_code == 200
        session = client.refresh(session["refresh"]).json()
    with override_settings(SECRET_KEY=NEW):
        assert_session_lives(client, session)


def test_without_the_fallback_it_does(client, user):
    with override_settings(SECRET_KEY=OLD):
        session = client.pair(user)
    with override_settings(SECRET_KEY=NEW):
        assert_token_invalid(client.sessions(session["access"]))
        assert_token_invalid(client.refresh(session["refresh"]))


def test_the_secret_key_itself_signs_nothing(client, user, settings):
    key = configuration().ring.keys[0]
    assert key.secret == derived_key(settings.SECRET_KEY, "authkit.tokens.HS256")
    assert settings.SECRET_KEY.encode() not in key.secret


@pytest.mark.parametrize("simple_jwt", [{}, {"SIGNING_KEY": "s" * 64}, {"ALGORITHM": "HS512"}])
def test_a_ring_takes_over_without_a_log_out(client, user, clock, simple_jwt):
    others = {"SIMPLE_JWT": simple_jwt}
    new = entry(not_before=ahead(HOUR))
    with override_settings(**others):
        session = client.pair(user)
    with ring(new, **others):
        assert_session_lives(client, session)
        session = client.pair(user)
        assert header_of(session["access"])["alg"].startswith("HS")
        clock.shift(HOUR)
        assert signs(client, user) == kid_of(new)
        session = client.refresh(session["refresh"]).json()
    with ring(new):
        assert_session_lives(client, session)


def test_who_knows_secret_key_cannot_sign_beside_a_ring(client, user, clock, settings):
    """The derived key ends with the last token that it may have signed."""
    session = client.pair(user)
    with ring(entry(not_before=ahead(0))):
        clock.shift(DAY - 1)
        assert client.refresh(session["refresh"]).status_code == 200
        clock.shift(61)
        assert_token_invalid(client.verify(session["refresh"]))
    with ring(entry()):
        assert_token_invalid(client.verify(session["refresh"]))


def test_a_key_of_simple_jwt_needs_no_public_one(client, user):
    for algorithm in ("RS256", "EdDSA"):
        private, _ = pair(algorithm)
        with override_settings(SIMPLE_JWT={"ALGORITHM": algorithm, "SIGNING_KEY": private}):
            assert_session_lives(client, client.pair(user))


def test_the_key_of_simple_jwt_may_be_in_the_ring_too(client, user, clock):
    simple_jwt = {"ALGORITHM": "EdDSA", "SIGNING_KEY": pair("EdDSA")[0]}
    with override_settings(SIMPLE_JWT=simple_jwt):
        session = client.pair(user)
    with ring(entry(), SIMPLE_JWT=simple_jwt):
        assert_session_lives(client, session)
    with ring(entry(expires_at=ahead(-1)), entry(number=1), SIMPLE_JWT=simple_jwt):
        assert_token_invalid(client.verify(session["refresh"]))


WRONG_SIMPLE_JWT = {
    "no key for it": {"ALGORITHM": "RS256"},
    "a key of another kind": {"ALGORITHM": "RS256", "SIGNING_KEY": "s" * 64},
    "no such algorithm": {"ALGORITHM": "none", "SIGNING_KEY": "s" * 64},
}


@pytest.mark.parametrize("simple_jwt", WRONG_SIMPLE_JWT.values(), ids=WRONG_SIMPLE_JWT)
def test_a_simple_jwt_without_a_key_signs_with_no_other(client, user, simple_jwt):
    with (
        override_settings(SIMPLE_JWT=simple_jwt),
        pytest.raises(ImproperlyConfigured, match="SIMPLE_JWT"),
    ):
        client.log_in(user)
    assert not Session.objects.exists()


# --- what others are told ------------------------------------------------------------------------


def test_what_is_published_and_until_when(clock):
    now = datetime.now(UTC).timestamp()
    keys = [
        entry(number=0, expires_at=ahead(HOUR)),
        entry("ES256", not_before=ahead(60)),
        entry(number=1, expires_at=ahead(-1)),
        {"algorithm": "HS256", "private_key": "k" * 64},
    ]
    with ring(*keys):
        kids = [key.kid for key in configuration().ring.published()]
        assert kids == [kid_of(keys[1]), kid_of(keys[0])]
        assert configuration().ring.next_change() == pytest.approx(now + 60)
        clock.shift(60)
        assert configuration().ring.next_change() == pytest.approx(now + HOUR)
    assert configuration().ring.published() == []
    assert configuration().ring.next_change() == float("inf")


def test_settings_are_read_again_when_they_are_set(settings):
    before = configuration()
    assert configuration() is before
    settings.SIMPLE_JWT = {"ISSUER": "us"}
    assert configuration().issuer == "us"
    assert configuration() is not before
