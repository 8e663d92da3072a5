"""The same races above READ COMMITTED, in transactions and in single statements (T-OTP-04).

PostgreSQL refuses a change there that others are in the way of, and MariaDB ends deadlocks. Even
so one wins, no code is accepted twice, and no request is answered 500.
"""

from collections import Counter
from functools import partial

import pytest
from authkit.models import CodeAttempts, RecoveryCode, Session, TOTPDevice

from tests.conftest import AUTH, Client, bearer, clients_from_all_over
from tests.database.isolation import LEVELS, isolated, level_in_force
from tests.factors.calls import (
    challenge,
    complete,
    confirm,
    disable,
    log_in_with,
    new_recovery_codes,
    reauthenticate,
    set_up,
)
from tests.factors.phone import Phone
from tests.sessions.answers import assert_session_is_dead, assert_session_lives
from tests.sessions.crowd import Crowd

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

THREADS = 16
ROUNDS = 4


@pytest.fixture(params=LEVELS, autouse=True)
def level(request):
    with isolated(request.param):
        yield request.param


@pytest.fixture
def crowd(level):
    with Crowd(THREADS) as crowd:
        yield crowd


@pytest.fixture
def clients():
    clients = clients_from_all_over(THREADS)
    for client in clients:
        client.raise_request_exception = False
    return clients


def assert_one(answers, success, *refusals):
    """One succeeded; the others were refused in these ways, or asked to come back."""
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[success] == 1, statuses
    assert set(statuses) <= {success, *refusals, 429, 503}, statuses
    assert_only_contention(answers)


def assert_only_contention(answers):
    for answer in answers:
        if answer.status_code == 503:
            assert answer.json()["code"] == "service_unavailable"
            assert answer["Retry-After"] == "5"


def test_every_connection_has_the_level(crowd, level):
    assert set(crowd.at_once([level_in_force] * THREADS)) == {level}
    assert level_in_force() == level


def test_a_race_with_one_code_is_won_once(client, owner, crowd, clients):
    for _ in range(ROUNDS):
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
        access = log_in_with(client, owner.user, owner.phone.fresh_code()).json()["access"]
        waiting = [challenge(client, owner.user) for _ in range(8)]
        live = Session.objects.live().count()
        code = owner.phone.fresh_code()
        answers = crowd.at_once(
            [
                *[partial(complete, c, w, code) for c, w in zip(clients, waiting, strict=False)],
                *[partial(log_in_with, c, owner.user, code) for c in clients[8:12]],
                *[partial(reauthenticate, c, access, code=code) for c in clients[12:]],
            ]
        )
        assert_one(answers, 200, 401)
        let_in = sum(answer.status_code == 200 for answer in answers[:12])
        assert Session.objects.live().count() == live + let_in
        assert log_in_with(client, owner.user, code).status_code in (401, 429)


def test_a_race_with_one_code_through_django_otp_is_won_once(owner, crowd):
    device = owner.device
    for _ in range(ROUNDS):
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
        code = owner.phone.fresh_code()
        results = crowd.at_once([partial(device.verify_token, code)] * 10)
        assert Counter(map(bool, results)) == {True: 1, False: 9}


def test_a_race_with_one_recovery_code_is_won_once(client, owner, crowd, clients):
    for code in owner.recovery_codes[:ROUNDS]:
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
        left, live = RecoveryCode.objects.count(), Session.objects.live().count()
        answers = crowd.at_once([partial(log_in_with, c, owner.user, code) for c in clients])
        assert_one(answers, 200, 401)
        assert RecoveryCode.objects.count() == left - 1
        assert Session.objects.live().count() == live + 1


def test_one_challenge_with_five_good_codes_is_one_session(client, owner, crowd, clients):
    for codes in (owner.recovery_codes[:5], owner.recovery_codes[5:]):
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
        waiting, live = challenge(client, owner.user), Session.objects.live().count()
        answers = crowd.at_once(
            [partial(complete, c, waiting, code) for c, code in zip(clients, codes, strict=False)]
        )
        assert_one(answers, 200, 401)
        assert Session.objects.live().count() == live + 1


def test_one_first_code_turns_the_factor_on_once(client, make_user, crowd, clients, clock):
    for _ in range(ROUNDS):
        user = make_user()
        access = client.pair(user)["access"]
        phone = Phone(set_up(client, access).json()["secret"], clock)
        answers = crowd.at_once([partial(confirm, c, access, phone.code()) for c in clients])
        assert_one(answers, 200, 400, 401)
        assert TOTPDevice.objects.get(user=user).confirmed
        assert RecoveryCode.objects.filter(user=user).count() == 10


def test_sixteen_set_ups_leave_one(client, make_user, crowd, clients, clock):
    for _ in range(ROUNDS):
        user = make_user()
        access = client.pair(user)["access"]
        answers = crowd.at_once([partial(set_up, c, access) for c in clients])
        assert {answer.status_code for answer in answers} <= {201, 503}
        assert_only_contention(answers)
        assert TOTPDevice.objects.filter(user=user, confirmed=False).count() == 1


def test_it_is_turned_off_once(client, make_user, enrol, crowd, clients):
    for _ in range(ROUNDS):
        owner = enrol(make_user())
        code = owner.phone.fresh_code()
        answers = crowd.at_once([partial(disable, c, owner.access, code) for c in clients])
        assert_one(answers, 204, 401)
        assert not TOTPDevice.objects.filter(user=owner.user).exists()
        assert not RecoveryCode.objects.filter(user=owner.user).exists()


def test_one_code_makes_one_new_set(client, owner, crowd, clients):
    for _ in range(ROUNDS):
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
        access = log_in_with(client, owner.user, owner.phone.fresh_code()).json()["access"]
        code = owner.phone.fresh_code()
        answers = crowd.at_once([partial(new_recovery_codes, c, access, code) for c in clients])
        assert_one(answers, 201, 401)
        assert RecoveryCode.objects.filter(user=owner.user).count() == 10


def test_sixteen_refreshes_of_one_token_have_one_successor(client, user, crowd, clients):
    pair = client.pair(user)
    tabs = [Client() for _ in clients]  # of one network
    for round_ in range(1, 2 * ROUNDS + 1):
        answers = crowd.at_once([partial(tab.refresh, pair["refresh"]) for tab in tabs])
        assert {answer.status_code for answer in answers} <= {200, 503}
        assert_only_contention(answers)
        pairs = [answer.json() for answer in answers if answer.status_code == 200]
        assert len({(pair["access"], pair["refresh"]) for pair in pairs}) == 1
        assert Session.objects.get().generation == round_
        pair = pairs[0]
    assert_session_lives(client, pair)


def test_a_log_out_beats_refreshes(client, user, crowd, clients):
    for _ in range(ROUNDS):
        pair = client.pair(user)
        *answers, ended = crowd.at_once(
            [
                *[partial(c.refresh, pair["refresh"]) for c in clients[1:]],
                partial(clients[0].revoke, pair["refresh"]),
            ]
        )
        assert ended.status_code == 204
        assert {answer.status_code for answer in answers} <= {200, 401, 503}
        assert_only_contention(answers)
        for answer in answers:
            if answer.status_code == 200:
                assert_session_is_dead(client, answer.json())


def test_ending_all_other_sessions_beats_refreshes(client, user, crowd, clients):
    for _ in range(ROUNDS):
        mine = client.pair(user)
        others = [client.pair(user) for _ in range(THREADS - 1)]
        *answers, ended = crowd.at_once(
            [
                *[partial(c.refresh, p["refresh"]) for c, p in zip(clients, others, strict=False)],
                partial(clients[-1].delete, AUTH + "sessions/", **bearer(mine["access"])),
            ]
        )
        assert ended.status_code == 204
        assert {answer.status_code for answer in answers} <= {200, 401, 503}
        assert_only_contention(answers)
        assert [str(s.pk) for s in Session.objects.live()] == [sid(client, mine)]
        Session.objects.all().delete()


def sid(client, pair):
    [session] = client.sessions(pair["access"]).json()
    return session["id"]


def test_sixteen_log_ins_of_one_user_are_sixteen_challenges(client, owner, crowd, clients):
    for _ in range(ROUNDS):
        answers = crowd.at_once([partial(c.log_in, owner.user) for c in clients])
        assert {answer.status_code for answer in answers} <= {202, 503}
        assert_only_contention(answers)
        assert b"access" not in b"".join(answer.content for answer in answers)
