"""A backup is restored: what was ended and spent since is live again, until the command runs."""

from datetime import timedelta
from io import StringIO

import pytest
from authkit.core import clock as authkit_clock
from authkit.core.identity.models import OneTimeLink, Purpose
from authkit.core.identity.one_time_links import find, issue
from authkit.models import APIKey, RecoveryCode, SecurityEvent, Session, TOTPDevice
from django.core.management import CommandError, call_command

from tests.api_keys.calls import assert_refused, assert_works
from tests.database.backup import Backup
from tests.factors.calls import (
    challenge,
    complete,
    confirm,
    log_in_with,
    new_recovery_codes,
    set_up,
)
from tests.factors.phone import STEP, Phone

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command("authkit_after_restore", *arguments, stdout=out)
    return out.getvalue().splitlines()


def numbers(*arguments):
    lines = dict(line.split(": ") for line in run(*arguments) if not line.startswith("  "))
    return {name: int(text.split()[0]) for name, text in lines.items()}


def test_a_session_that_was_ended_since_is_dead_again(client, user):
    pair = client.pair(user)
    backup = Backup()
    ahead = client.refresh(pair["refresh"]).json()
    assert client.revoke(ahead["refresh"]).status_code == 204
    backup.restore()
    # The reason for the command.
    assert client.sessions(pair["access"]).status_code == 200

    assert numbers()["sessions"] == 1

    for tokens in (pair, ahead):
        assert client.sessions(tokens["access"]).status_code == 401
        assert client.refresh(tokens["refresh"]).status_code == 401
    [event] = SecurityEvent.objects.filter(kind="session_ended")
    assert event.facts == {"reason": "backup_restored"}
    assert event.user == user
    assert client.sessions(client.pair(user)["access"]).status_code == 200


def test_a_session_that_began_since_is_unknown(client, user):
    backup = Backup()
    lost = client.pair(user)
    backup.restore()
    run()
    assert client.sessions(lost["access"]).status_code == 401
    assert client.refresh(lost["refresh"]).status_code == 401


def test_a_challenge_that_was_completed_since_is_dead_again(client, owner, clock):
    waiting = challenge(client, owner.user)
    backup = Backup()
    code = owner.phone.fresh_code()
    assert complete(client, waiting, code).status_code == 200
    backup.restore()
    run()
    assert complete(client, waiting, code).status_code == 401
    clock.shift(STEP)
    assert complete(client, waiting, owner.phone.code()).status_code == 401


def test_a_code_that_was_spent_since_is_spent_again(client, owner):
    owner.phone.fresh_code()
    backup = Backup()
    code = owner.phone.code()
    assert log_in_with(client, owner.user, code).status_code == 200
    backup.restore()
    run("--keep-recovery-codes")
    # A fast phone may have shown the next code already.
    for spent in (code, owner.phone.code(1)):
        assert log_in_with(client, owner.user, spent).status_code == 401
    owner.phone.fresh_code()
    assert log_in_with(client, owner.user, owner.phone.fresh_code()).status_code == 200


def test_a_recovery_code_that_was_used_since_is_used_again(client, owner):
    backup = Backup()
    code = owner.recovery_codes[0]
    assert log_in_with(client, owner.user, code).status_code == 200
    backup.restore()

    assert numbers()["recovery codes"] == 10

    assert log_in_with(client, owner.user, code).status_code == 401
    [event] = SecurityEvent.objects.filter(kind="recovery_codes_removed")
    assert event.facts == {"reason": "backup_restored", "count": 10}
    # The owner has the app, and makes new ones.
    owner.phone.fresh_code()
    access = log_in_with(client, owner.user, owner.phone.fresh_code()).json()["access"]
    answer = new_recovery_codes(client, access, owner.phone.fresh_code())
    assert len(answer.json()["recovery_codes"]) == 10


def test_a_set_up_from_before_is_over(client, user, clock):
    phone = Phone(set_up(client, client.pair(user)["access"]).json()["secret"], clock)
    run()
    access = client.pair(user)["access"]
    assert confirm(client, access, phone.code()).status_code == 400
    assert not TOTPDevice.objects.exists()


@pytest.mark.parametrize("purpose", [p for p in Purpose if p != Purpose.EMAIL_CHANGE_UNDO])
def test_a_link_that_was_opened_since_is_spent_again(user, purpose):
    [token] = issue(purpose, [(user, "ann@example.com")], timedelta(hours=1))
    backup = Backup()
    OneTimeLink.objects.all().delete()
    backup.restore()
    run()
    assert find(purpose, token) is None


def test_the_way_back_from_a_change_of_address_stays(user):
    [token] = issue(Purpose.EMAIL_CHANGE_UNDO, [(user, "ann@example.com")], timedelta(days=7))
    run()
    assert find(Purpose.EMAIL_CHANGE_UNDO, token) is not None


@pytest.mark.urls("tests.api_keys.urls")
def test_a_key_that_was_revoked_since_is_listed_and_revoked_on_demand(client, user):
    api_key, key = APIKey.objects.create_key(name="nightly import", owner=user)
    backup = Backup()
    APIKey.objects.filter(pk=api_key.pk).revoke()
    assert_refused(client, key)
    backup.restore()

    assert run()[-2:] == [
        "API keys: 1 work, revoked since or not",
        f"  {api_key.prefix}  nightly import  ({user.get_username()})",
    ]
    assert_works(client, key)  # nothing says that it was revoked
    assert run("--revoke-api-keys")[-1] == "API keys: 1 revoked"
    assert_refused(client, key)
    [event] = SecurityEvent.objects.filter(kind="api_key_revoked")
    assert event.facts == {"reason": "backup_restored", "api_key": str(api_key.pk)}
    assert run("--revoke-api-keys")[-1] == "API keys: 0 revoked"


def test_a_dry_run_changes_nothing(client, owner, make_user):
    pair = client.pair(make_user())
    lines = run("--dry-run", "--revoke-api-keys")
    assert lines == [
        "sessions: 2 would be ended",
        "one-time links: 0 would be deleted",
        "registrations: 0 would be deleted",
        "set-ups of authenticator apps: 0 would be deleted",
        "codes of authenticator apps: 1 would be spent",
        "recovery codes: 10 would be deleted",
        "API keys: 0 would be revoked",
    ]
    assert Session.objects.live().count() == 2
    assert RecoveryCode.objects.count() == 10
    assert client.sessions(pair["access"]).status_code == 200


def test_it_ends_all_in_batches_and_is_idempotent(client, user, make_user):
    for _ in range(3):
        client.pair(user)
    client.pair(make_user())
    assert numbers("--batch-size", "2")["sessions"] == 4
    ended = SecurityEvent.objects.filter(kind__in=["session_ended", "sessions_ended"])
    assert sum(event.facts.get("count", 1) for event in ended) == 4
    assert set(numbers().values()) == {0}
    assert ended.count() <= 4


def test_what_is_newer_than_the_moment_stays(client, owner, make_user, clock):
    other = make_user()
    old = client.pair(other)
    clock.shift(60)
    moment = authkit_clock.now()
    clock.shift(60)
    new = log_in_with(client, owner.user, owner.phone.code()).json()
    codes = new_recovery_codes(client, new["access"], owner.phone.fresh_code()).json()
    _, key = APIKey.objects.create_key(name="new")

    run("--before", moment.isoformat(), "--revoke-api-keys")

    assert APIKey.objects.get_from_key(key)
    assert client.sessions(old["access"]).status_code == 401
    assert client.sessions(new["access"]).status_code == 200
    code = codes["recovery_codes"][0]
    assert log_in_with(client, owner.user, code).status_code == 200


@pytest.mark.parametrize(
    ("moment", "error"),
    [
        ("yesterday", "no time of ISO 8601"),
        ("2026-01-01T10:00:00", "no time zone"),
        ("2999-01-01T10:00:00Z", "in the future"),
    ],
)
def test_a_wrong_moment_is_refused(moment, error):
    with pytest.raises(CommandError, match=error):
        run("--before", moment)


@pytest.mark.parametrize("size", ["0", "10001"])
def test_a_wrong_batch_size_is_refused(size):
    with pytest.raises(CommandError, match="--batch-size"):
        run("--batch-size", size)
