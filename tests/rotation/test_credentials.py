"""Sessions, second factors and API keys while SECRET_KEY is rotated."""

import pytest
from authkit.api_keys.using.usage import use_key
from authkit.errors import APIKeyInvalid
from authkit.factors.models import CODE_LIMITS
from authkit.models import APIKey, CodeAttempts, RecoveryCode, Session
from django.core.cache import cache
from django.core.management import CommandError, call_command

from tests.api_keys.conftest import assert_queries, make_key
from tests.conftest import Client, clients_from_all_over
from tests.factors.answers import assert_locked, assert_too_many, assert_unavailable
from tests.factors.calls import challenge, complete, log_in_with
from tests.sessions.answers import assert_session_is_dead, assert_session_lives

__all__ = ["assert_queries", "make_key"]

pytestmark = pytest.mark.django_db


# --- sessions ----------------------------------------------------------------------------------


def test_a_session_lives_and_a_refresh_carries_it_over(client, user, rotate, remove_old_key):
    used, unused = client.pair(user), client.pair(user)
    before = set(Session.objects.values_list("password_fingerprint", flat=True))
    rotate()
    assert_session_lives(client, used)
    assert_session_lives(client, unused)
    renewed = client.refresh(used["refresh"]).json()
    after = set(Session.objects.values_list("password_fingerprint", flat=True))
    assert len(after) == 2
    assert len(after & before) == 1
    remove_old_key(carried_over=True)
    assert_session_lives(client, renewed)
    assert_session_is_dead(client, unused)


# --- second factors ----------------------------------------------------------------------------


def logs_in(owner, code):
    return log_in_with(Client(), owner.user, code).status_code == 200


def test_codes_log_in_and_the_command_carries_them_over(owner, rotate, remove_old_key):
    before = owner.device.sealed_secret
    rotate()
    assert logs_in(owner, owner.phone.fresh_code())
    assert owner.device.sealed_secret == before
    remove_old_key(carried_over=True)
    assert owner.device.sealed_secret != before
    assert logs_in(owner, owner.phone.fresh_code())
    assert logs_in(owner, owner.recovery_codes[0])


def test_without_the_old_key_codes_of_an_app_cannot_be_read(owner, rotate, remove_old_key):
    rotate()
    remove_old_key(carried_over=False)
    assert_unavailable(log_in_with(Client(), owner.user, owner.phone.fresh_code()))
    with pytest.raises(CommandError):
        call_command("authkit_rotate_keys")


def test_recovery_codes_know_no_secret_key(owner, at_step):
    before = list(RecoveryCode.objects.values())
    at_step("removed")
    assert list(RecoveryCode.objects.values()) == before


def test_a_challenge_is_completed(owner, rotate):
    token = challenge(Client(), owner.user)
    rotate()
    assert complete(Client(), token, owner.phone.fresh_code()).status_code == 200


def test_wrong_codes_stay_counted_and_locks_locked(owner, clock, rotate, at_step):
    def guess(client):
        return log_in_with(client, owner.user, owner.phone.wrong_code())

    clients = clients_from_all_over(CODE_LIMITS.per_window + 1)
    for client in clients[:-1]:
        assert guess(client).status_code == 401
    rotate()
    assert_too_many(guess(clients[-1]))
    CodeAttempts.objects.update(failures=CODE_LIMITS.in_a_row)
    at_step("before")
    rotate()
    assert_locked(guess(clients[-1]))
    at_step("removed")
    assert CodeAttempts.objects.get().failures == CODE_LIMITS.in_a_row


# --- API keys ----------------------------------------------------------------------------------


@pytest.fixture
def remembering(settings):
    settings.AUTHKIT = {"API_KEY_CACHE_SECONDS": 30}
    cache.clear()
    yield
    cache.clear()


def use(key):
    return use_key(key[1], lambda: "192.0.2.7")


@pytest.mark.parametrize("step", ["rotated", "removed"])
def test_an_api_key_works_with_any_secret_key(user, make_key, at_step, step):
    key = make_key(owner=user)
    before = APIKey.objects.values("prefix", "hashed_key").get()
    assert use(key) == key[0]
    at_step(step)
    assert use(key) == key[0]
    assert APIKey.objects.values("prefix", "hashed_key").get() == before


@pytest.mark.usefixtures("remembering")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["rotated", "removed"])
def test_a_remembered_key_is_read_once_more(user, make_key, at_step, assert_queries, step):
    key = make_key(owner=user, last_used_at=None)
    use(key)
    with assert_queries(0):
        use(key)
    at_step(step)
    with assert_queries(1):
        assert use(key) == key[0]
    with assert_queries(0):
        use(key)


@pytest.mark.usefixtures("remembering")
@pytest.mark.django_db(transaction=True)
def test_a_revocation_reaches_processes_with_each_key(user, make_key, at_step):
    """A process that does not know the new key cannot tell those that have it."""
    for revoking, steps in {
        "rotated": ["before", "announced", "rotated"],
        "announced": ["announced", "rotated", "removed"],
    }.items():
        key = make_key(owner=user)
        for step in steps:
            at_step(step)
            use(key)
        at_step(revoking)
        APIKey.objects.filter(pk=key[0].pk).revoke()
        for step in steps:
            at_step(step)
            with pytest.raises(APIKeyInvalid):
                use(key)
