"""``manage.py authkit_prune``: what is over goes, and nothing else does."""

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from authkit.core import clock as authkit_clock
from authkit.core.identity.models import OneTimeLink, Purpose
from authkit.core.identity.one_time_links import find, issue
from authkit.core.limits.rates import parse
from authkit.factors.totp.factor import TOTP
from authkit.management import pruning
from authkit.management.pruning import PRUNABLE, prune
from authkit.models import APIKey, PasswordAttempts, RequestCount, SecurityEvent, Session
from authkit.passwords.checking.attempts import PASSWORD_LIMITS
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.models.signals import post_delete
from django.test import override_settings

from tests.conftest import username_for
from tests.database.statements import at_statement
from tests.passwords.attempts.test_brute_force import fail

pytestmark = pytest.mark.django_db

DAY = 24 * 3600


def run(*arguments):
    out = StringIO()
    call_command("authkit_prune", *arguments, stdout=out)
    return dict(line.split(": ") for line in out.getvalue().splitlines())


def sessions(*arguments):
    """How many sessions were deleted."""
    said = run(*arguments)
    return sum(int(text.split()[0]) for name, text in said.items() if "sessions" in name)


NOTHING = dict.fromkeys(PRUNABLE, "0 deleted")


def test_an_empty_database_has_nothing_to_delete(db):
    assert run() == NOTHING


# --- sessions ----------------------------------------------------------------------------------


def test_a_session_that_can_be_used_stays(client, user, clock):
    pair = client.pair(user)
    for _ in range(10):
        clock.shift(DAY - 60)
        pair = client.refresh(pair["refresh"]).json()
        assert sessions() == 0
    assert client.sessions(pair["access"]).status_code == 200


@pytest.mark.parametrize("how", ["log out", "idle", "stolen", "pending"])
def test_a_session_that_is_over_goes_a_day_later(client, user, clock, how, monkeypatch):
    if how == "pending":
        monkeypatch.setattr(TOTP, "is_on", lambda factor, user: True)
        assert client.log_in(user).status_code == 202
    else:
        pair = client.pair(user)
    if how == "log out":
        client.revoke(pair["refresh"])
    if how == "idle":
        clock.shift(DAY)
    if how == "stolen":
        client.refresh(pair["refresh"])
        clock.shift(60)
        client.refresh(pair["refresh"])
    clock.shift(DAY / 2)
    assert sessions() == 0
    clock.shift(DAY / 2 + 301)
    assert sessions() == 1
    assert run() == NOTHING
    assert Session.objects.count() == 0


def test_the_tokens_of_a_session_that_has_gone_are_refused_as_before(client, user, clock):
    pair = client.pair(user)
    client.revoke(pair["refresh"])
    refused = client.refresh(pair["refresh"])
    clock.shift(DAY + 1)
    run()
    for answer in (client.refresh(pair["refresh"]), client.verify(pair["refresh"])):
        assert (answer.status_code, answer.json()) == (refused.status_code, refused.json())


# --- counts ------------------------------------------------------------------------------------


@pytest.fixture
def name(user):
    return user.get_username()


def test_no_guess_is_given_back(client, name, clock):
    """Neither within the window nor towards the hundred in a row, however long it takes."""
    statuses = fail(client, name, 10)
    run()
    assert fail(client, name, 1) == [429]
    for _ in range(9):
        clock.shift(PASSWORD_LIMITS.window.total_seconds() + DAY * 30)
        run()
        statuses += fail(client, name, 10)
    assert statuses == [401] * 100
    clock.shift(DAY * 365)
    run()
    assert fail(client, name, 1) == [423]


def test_the_lockout_of_an_unknown_name_survives_pruning(client, db, clock):
    name = username_for("unknown")
    statuses = []
    for _ in range(10):
        statuses += fail(client, name, 10)
        clock.shift(DAY * 30)
        run()
    assert statuses == [401] * 100
    assert fail(client, name, 1) == [423]


def test_a_count_that_was_forgiven_goes_and_a_known_network_stays_for_ninety_days(
    client, user, name, clock
):
    fail(client, name, 3)
    assert client.log_in(user).status_code == 200  # elsewhere, which ends the failures in a row
    assert run() == NOTHING
    clock.shift(DAY + 15 * 60)
    assert run()["counts of wrong passwords"] == "1 deleted"
    clock.shift(88 * DAY)
    assert run()["counts of wrong passwords"] == "0 deleted"
    assert PasswordAttempts.objects.exclude(proved_at=None).count() == 1
    clock.shift(3 * DAY)
    assert run()["counts of wrong passwords"] == "1 deleted"


def test_a_count_of_requests_stays_for_its_window_and_a_day(db, clock):
    rate = parse("1/min")
    assert RequestCount.objects.take("x", rate) == 0
    clock.shift(DAY + 59)
    assert run() == NOTHING
    clock.shift(2)
    assert run()["counts of requests"] == "1 deleted"


def test_a_token_sent_by_mail_stays_while_it_is_good(user, clock):
    [token] = issue(Purpose.PASSWORD_RESET, [(user, "a@example.com")], timedelta(days=3))
    clock.shift(3 * DAY - 1)
    run()
    assert find(Purpose.PASSWORD_RESET, token)
    clock.shift(DAY + 2)
    assert run()["tokens sent by mail"] == "1 deleted"
    assert OneTimeLink.objects.count() == 0


# --- events, and what is not touched -------------------------------------------------------------


def event(days):
    moment = authkit_clock.now() - timedelta(days=days)
    return SecurityEvent.objects.create(kind="login_failed", created_at=moment)


def test_events_go_after_a_year(db):
    event(366)
    young = event(364)
    assert run()["security events"] == "1 deleted"
    assert SecurityEvent.objects.get() == young


@override_settings(AUTHKIT={"EVENT_RETENTION": timedelta(days=7)})
def test_events_go_when_the_project_says(db):
    event(8)
    young = event(6)
    assert run()["security events"] == "1 deleted"
    assert SecurityEvent.objects.get() == young


def test_keys_that_have_expired_stay(user):
    old = APIKey(name="old", owner=user, expiry_date=datetime(2020, 1, 1, tzinfo=UTC))
    APIKey.objects.insert(old)
    assert run() == NOTHING
    assert APIKey.objects.count() == 1


UNKNOWN = "counts of wrong passwords for unknown names"
KEPT_DAYS = pruning.UNKNOWN_NAMES_KEPT.days


def test_counts_of_unknown_names_go_when_they_limit_nothing_any_more(client, user, clock):
    for number in range(5):
        fail(client, username_for(f"unknown{number}"), 1)
    clock.shift(KEPT_DAYS * DAY)
    assert run()[UNKNOWN] == "0 deleted"
    fail(client, username_for("unknown0"), 1)
    clock.shift(1)
    assert run()[UNKNOWN] == "4 deleted"
    assert PasswordAttempts.objects.get().failures == 2


@pytest.mark.parametrize("at_once", [1, 500])
def test_counts_of_accounts_stay_however_old_they_are(
    client, make_user, clock, monkeypatch, at_once
):
    monkeypatch.setattr(pruning, "NAMES_AT_ONCE", at_once)
    for name in ("ann", "bea", "cho"):
        make_user(name)
        fail(client, username_for(name), 1)
        fail(client, username_for(name).upper(), 1, "192.0.2.2")
    make_user("dan", is_active=False)
    fail(client, username_for("dan"), 1)
    fail(client, username_for("unknown"), 1)
    clock.shift(1000 * DAY)
    assert run("--batch-size", "2")[UNKNOWN] == "1 deleted"
    assert PasswordAttempts.objects.filter(failures=1).count() == 7


def test_a_locked_account_stays_locked_and_an_unknown_name_as_long_as_is_promised(
    client, user, clock
):
    names = user.get_username(), username_for("unknown")
    for name in names:
        fail(client, name, 1)
    PasswordAttempts.objects.update(failures=PASSWORD_LIMITS.in_a_row)
    clock.shift(KEPT_DAYS * DAY)
    run()
    assert [fail(client, name, 1) for name in names] == [[423], [423]]
    clock.shift(1)
    run()
    assert [fail(client, name, 1) for name in names] == [[423], [401]]


def test_every_table_that_grows_with_time_is_pruned():
    """A model with a moment at which it is over belongs into the list."""
    # Of counts of codes there is one for each user, of names a few: they do not grow with time.
    kept = {
        "APIKey",
        "AccountName",
        "CodeAttempts",
        "ImportedKey",
        "LoginName",
        "RecoveryCode",
        "TOTPDevice",
        "UnverifiedEmail",
    }
    ours = {model.__name__ for model in apps.get_app_config("authkit").get_models()}
    assert {table.model.__name__ for table in PRUNABLE.values()} == ours - kept


# --- how ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3, 10, 11])
def test_batches_leave_nothing_behind(db, size, django_assert_max_num_queries):
    for days in range(400, 410):
        event(days)
    with django_assert_max_num_queries(50) as queries:
        assert run("--batch-size", str(size))["security events"] == "10 deleted"
    table = SecurityEvent._meta.db_table
    deletes = [sql for sql in (q["sql"] for q in queries) if sql.startswith("DELETE")]
    # Where the last batch was full it asks once more.
    assert len([sql for sql in deletes if table in sql]) == 10 // size + 1


def test_what_happened_at_one_moment_goes_however_much_it_is(db):
    moment = authkit_clock.now() - timedelta(days=400)
    SecurityEvent.objects.bulk_create(
        SecurityEvent(kind="login_failed", created_at=moment) for _ in range(10)
    )
    assert run("--batch-size", "3")["security events"] == "10 deleted"
    assert SecurityEvent.objects.count() == 0


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_sessions_go_in_batches_too(client, user, clock, size):
    for _ in range(3):
        client.pair(user)
    clock.shift(DAY)
    living = client.pair(user)
    clock.shift(DAY - 1)
    assert sessions("--batch-size", str(size)) == 0
    clock.shift(2)
    assert sessions("--batch-size", str(size)) == 3
    assert Session.objects.count() == 1
    assert living


def test_a_dry_run_deletes_nothing(db):
    event(400)
    assert run("--dry-run")["security events"] == "1 would be deleted"
    assert SecurityEvent.objects.count() == 1


@pytest.mark.parametrize("size", ["0", "-1", "10001"])
def test_a_batch_that_is_none_is_refused(db, size):
    with pytest.raises(CommandError, match="from 1 to 10000"):
        run("--batch-size", size)


def test_what_was_refreshed_after_it_was_chosen_stays(client, user, clock, monkeypatch):
    """Also where the project listens to deletions, which makes Django's delete() forget why."""
    pair = client.pair(user)
    client.pair(user)
    clock.shift(DAY - 1)
    deleted = []
    post_delete.connect(deleted.append, sender=Session)
    monkeypatch.setattr(pruning, "MARGIN", timedelta(seconds=-10))

    def refreshed_meanwhile():
        assert client.refresh(pair["refresh"]).status_code == 200

    try:
        with at_statement("DELETE", Session, refreshed_meanwhile):
            assert sessions() == 1
    finally:
        post_delete.disconnect(deleted.append, sender=Session)
    assert Session.objects.get().generation == 1


@pytest.mark.by_itself
def test_what_the_project_has_about_a_session_goes_as_its_foreign_keys_say():
    child = subprocess.run(
        [sys.executable, "-m", "tests.events.pruning_devices"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-3_000:]
    assert "sessions that ran out: 3 deleted" in child.stderr
    left = {"sessions": 1, "devices": 1, "orders": 4, "orders of a session": 1}
    assert json.loads(child.stdout) == left


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["sessions that ran out", "sessions that were ended"])
def test_sessions_that_come_alive_while_it_runs_are_kept(user, monkeypatch, table):
    """Rows near their end, half of them refreshed at the same time, by one statement each."""
    monkeypatch.setattr(pruning, "MARGIN", timedelta(0))
    now = authkit_clock.now()
    Session.objects.bulk_create(
        Session(
            user=user,
            password_fingerprint="",
            methods="pwd",
            authenticated_at=now,
            created_at=now,
            last_used_at=now,
            idle_expires_at=now,
            absolute_expires_at=now + timedelta(days=30),
            pending_until=now,
        )
        for _ in range(400)
    )
    chosen = list(Session.objects.values_list("pk", flat=True))[::2]
    refreshed = []

    def refresh():
        try:
            for pk in chosen:
                alive = Session.objects.filter(pk=pk, revoked_at=None)
                if alive.update(idle_expires_at=now + timedelta(days=1), pending_until=None):
                    refreshed.append(pk)
        finally:
            connections.close_all()

    thread = threading.Thread(target=refresh)
    thread.start()
    deleted = sum(prune(PRUNABLE[table], 7) for _ in range(3))
    thread.join()
    deleted += prune(PRUNABLE[table], 7)
    assert set(Session.objects.values_list("pk", flat=True)) == set(refreshed)
    assert deleted + len(refreshed) == 400


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_a_race_of_two_prunings_deletes_every_row_once(user):
    moment = authkit_clock.now() - timedelta(days=400)
    SecurityEvent.objects.bulk_create(
        SecurityEvent(kind="login_failed", created_at=moment) for _ in range(300)
    )
    counts = []

    def work():
        try:
            counts.append(prune(PRUNABLE["security events"], 20))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 300
    assert len(counts) == 4


def test_the_order_that_it_reads_in_has_an_index():
    for table in PRUNABLE.values():
        field = table.model._meta.pk if table.by == "pk" else table.model._meta.get_field(table.by)
        assert field.primary_key or field.db_index
