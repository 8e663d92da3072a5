"""Wrong passwords stay counted, and locks locked, while SECRET_KEY is rotated."""

from functools import partial

import pytest
from authkit.models import LoginName, PasswordAttempts
from authkit.passwords.checking.attempts import failures_in_a_row, reset_password_failures
from authkit.passwords.checking.login_names import learn, learnt
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import Client, username_for
from tests.factors.answers import assert_locked, assert_too_many
from tests.factors.calls import reauthenticate
from tests.passwords.attempts.test_brute_force import (
    AWAY,
    KNOWN_IP,
    WINDOW,
    fail,
    failures,
    lock,
    log_in,
)
from tests.rotation.deployment import TOGETHER, in_process_at
from tests.sessions.crowd import Crowd

pytestmark = pytest.mark.django_db

DAY = 24 * 60 * 60


@pytest.fixture
def name(user):
    return user.get_username()


@pytest.fixture(params=["known", "unknown"])
def some_name(request, make_user):
    """What holds for a name has to hold whether there is an account or not."""
    return make_user().get_username() if request.param == "known" else username_for("unknown")


def test_a_count_goes_on_and_is_kept_once(client, some_name, clock, rotate):
    assert fail(client, some_name, 6) == [401] * 6
    before = list(PasswordAttempts.objects.values())
    rotate()
    assert fail(client, some_name, 6) == [401] * 4 + [429] * 2
    assert failures() == 10
    assert_too_many(log_in(client, some_name))
    assert list(PasswordAttempts.objects.filter(pk=before[0]["id"]).values()) == before
    clock.shift(WINDOW + 1)
    assert fail(client, some_name, 1) == [401]


def test_a_count_goes_on_in_two_rotations_at_once(client, name, clock, settings, at_step):
    fail(client, name, 4)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "2" * 60
    assert fail(client, name, 4) == [401] * 4
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    settings.SECRET_KEY = "3" * 60
    assert fail(client, name, 4) == [401] * 2 + [429] * 2


def test_a_lockout_stays_and_outlives_the_old_key(client, name, clock, rotate, remove_old_key):
    lock(name)
    rotate()
    assert_locked(log_in(client, name, ip=AWAY))
    remove_old_key(carried_over=True)
    assert_locked(log_in(client, name, ip=AWAY))
    assert failures_in_a_row([name]) == {name: 100}


def test_without_the_old_key_a_lockout_has_ended(client, name, clock, rotate, remove_old_key):
    lock(name)
    rotate()
    remove_old_key(carried_over=False)
    assert log_in(client, name, ip=AWAY).status_code == 200


def test_failures_of_both_keys_make_a_lockout(client, name, clock, rotate):
    lock(name, 60)
    rotate()
    for number in range(4):
        assert fail(client, name, 10, ip=f"192.0.2.{number}") == [401] * 10
    assert_locked(log_in(client, name, ip=AWAY))
    assert failures_in_a_row([name]) == {name: 100}


def test_a_known_network_stays_known(client, name, clock, rotate, remove_old_key):
    assert log_in(client, name).status_code == 200
    lock(name)
    rotate()
    assert_locked(log_in(client, name, ip=AWAY))
    assert log_in(client, name, ip=KNOWN_IP).status_code == 200
    lock(name)
    remove_old_key(carried_over=True)
    assert_locked(log_in(client, name, ip=AWAY))
    assert log_in(client, name, ip=KNOWN_IP).status_code == 200


def test_a_right_password_ends_the_failures_of_both_keys(client, name, clock, rotate):
    fail(client, name, 5)
    fail(client, name, 5, ip=AWAY)
    rotate()
    fail(client, name, 4)
    assert log_in(client, name).status_code == 200
    assert failures() == 0
    assert fail(client, name, 11) == [401] * 10 + [429]
    assert fail(client, name, 6, ip=AWAY) == [401] * 5 + [429]


@pytest.mark.parametrize("by", ["an administrator", "a new password"])
def test_what_unlocks_reaches_the_failures_of_both_keys(client, user, name, clock, rotate, by):
    fail(client, name, 10)
    lock(name, 90)
    rotate()
    if by == "an administrator":
        call_command("authkit_unlock", name)
    else:
        reset_password_failures(user)
    assert failures() == 0
    assert fail(client, name, 10) == [401] * 10
    assert log_in(client, name, ip=AWAY).status_code == 200


def test_a_right_password_ends_what_was_carried_over(client, name, clock, rotate, remove_old_key):
    lock(name, 60)
    rotate()
    remove_old_key(carried_over=True)
    assert failures_in_a_row([name]) == {name: 60}
    assert log_in(client, name).status_code == 200
    assert failures() == 0


def test_a_count_in_a_session_goes_on_and_is_forgiven(client, user, clock, rotate):
    access = client.pair(user)["access"]
    wrong = partial(reauthenticate, client, access, password="wrong")
    right = partial(reauthenticate, client, access, password="correct horse battery staple")
    assert [wrong().status_code for _ in range(9)] == [401] * 9
    rotate()
    assert right().status_code == 200
    assert [wrong().status_code for _ in range(9)] == [401] * 9
    assert wrong().status_code == 401
    assert_too_many(right())


def test_pruning_takes_the_lockout_of_no_account(client, name, clock, rotate, remove_old_key):
    lock(name)
    lock(username_for("unknown"))
    rotate()
    clock.shift(91 * DAY)
    call_command("authkit_prune")
    assert failures() == 100
    assert_locked(log_in(client, name, ip=AWAY))


def statements_of(call):
    with CaptureQueriesContext(connection) as queries:
        call()
    return [query["sql"].split()[0] for query in queries]


@pytest.mark.parametrize("password", ["wrong", "correct horse battery staple"])
def test_no_statement_is_added(client, make_user, clock, at_step, password):
    costs = set()
    for step in ("before", "announced", "rotated", "removed"):
        at_step(step)
        name = make_user().get_username()
        attempt = partial(log_in, client, name, password)
        costs.add((*statements_of(attempt), "then", *statements_of(attempt)))
    assert len(costs) == 1


def test_the_command_carries_every_account_over_once(client, make_user, clock, rotate, capsys):
    names = [make_user().get_username() for _ in range(3)]
    for name in names:
        fail(client, name, 2)
        fail(client, name, 1, ip=AWAY)
    rotate()
    fail(client, names[0], 1)
    call_command("authkit_rotate_keys")
    call_command("authkit_rotate_keys")
    assert [line for line in capsys.readouterr().out.splitlines() if "carried" in line] == [
        "6 names carried over to SECRET_KEY.",
        "0 names carried over to SECRET_KEY.",
    ]
    assert list(failures_in_a_row(names).values()) == [4, 3, 3]
    assert fail(client, names[0], 8) == [401] * 7 + [429]


# --- other names of an account -----------------------------------------------------------------


@pytest.fixture
def _other_names(settings):
    settings.AUTHENTICATION_BACKENDS = ["tests.login.backends.Positional"]


@pytest.mark.usefixtures("_other_names")
def test_a_learnt_name_stays_that_of_its_account(user, make_user, rotate, remove_old_key, at_step):
    at_step("before")
    assert learn("4711", user)
    rotate()
    assert learnt("4711") == user.get_username()
    assert not learn("4711", make_user())
    assert LoginName.objects.filter(user=user).count() == 2
    remove_old_key(carried_over=False)
    assert learnt("4711") == user.get_username()


@pytest.mark.usefixtures("_other_names")
def test_a_learnt_name_that_was_not_used_meanwhile_is_learnt_again(user, rotate, remove_old_key):
    learn("4711", user)
    rotate()
    remove_old_key(carried_over=True)
    assert learnt("4711") == "4711"
    assert learn("4711", user)
    assert learnt("4711") == user.get_username()


# --- races -------------------------------------------------------------------------------------


def guesses(name, *steps, times=16):
    call = partial(log_in, Client(), name, "wrong")
    return [in_process_at(steps[number % len(steps)], call) for number in range(times)]


def judged(crowd, calls):
    answers = [answer.status_code for answer in crowd.at_once(calls)]
    assert set(answers) <= {401, 429}
    return answers.count(401)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("steps", [("rotated",), TOGETHER[1]], ids=" and ".join)
def test_a_race_of_sixteen_gets_ten_at_most(name, clock, processes, hasher_runs, steps):
    with Crowd(16) as crowd:
        before = judged(crowd, guesses(name, "before", times=6))
        hasher_runs.clear()
        late = judged(crowd, guesses(name, *steps))
    assert len(hasher_runs) == late
    assert before + late <= 10
    assert failures() == before + late
    with Crowd(1) as crowd:
        rest = [judged(crowd, guesses(name, step, times=1)) for step in steps * 12]
    assert before + late + sum(rest) == 10


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("steps", [("before", "rotated"), *TOGETHER[::2]], ids=" and ".join)
def test_where_a_process_does_not_know_all_keys_a_race_gets_twenty_at_most(
    name, clock, processes, hasher_runs, steps
):
    """As the page says of a rotation that is not announced."""
    total = 0
    with Crowd(16) as crowd:
        for _ in range(4):
            total += judged(crowd, guesses(name, *steps))
    assert len(hasher_runs) == total <= 20


def test_a_process_without_the_new_key_sees_the_lockout(name, client, clock, processes):
    lock(name)
    for step in ("rotated", "before", "announced"):
        assert_locked(in_process_at(step, partial(log_in, client, name, ip=AWAY))())
