"""Sixteen threads on sixteen connections, through the whole stack. PostgreSQL and MariaDB only."""

from functools import partial

import pytest
from authkit.factors.attempts import count_code
from authkit.models import CodeAttempts, RecoveryCode, Session, TOTPDevice
from django_otp import verify_token

from tests.conftest import AUTH, bearer, clients_from_all_over
from tests.database.isolation import level_in_force
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
from tests.sessions.crowd import Crowd

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

THREADS = 16
ROUNDS = 10
SUCCESS = (200, 201, 204)


@pytest.fixture
def crowd():
    with Crowd(THREADS) as crowd:
        yield crowd


@pytest.fixture
def clients():
    return clients_from_all_over(THREADS)


def test_all_this_is_at_read_committed(crowd):
    """Other levels are for test_isolation_levels.py."""
    assert set(crowd.at_once([level_in_force] * THREADS)) == {"read committed"}


def assert_one_success(answers, code="invalid_code"):
    """One is let in; the others are told that the code is spent, or that they are too many."""
    statuses = sorted(answer.status_code for answer in answers)
    assert [s for s in statuses if s in SUCCESS] in ([200], [201], [204]), statuses
    others = {a.json()["code"] for a in answers if a.status_code not in SUCCESS}
    assert others <= {code, "invalid_code", "too_many_attempts"}


def test_a_race_with_one_code_on_two_endpoints_is_won_once(client, owner, crowd, clients):
    for _ in range(ROUNDS):
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
        pair = complete(client, challenge(client, owner.user), owner.phone.fresh_code()).json()
        waiting = [challenge(client, owner.user) for _ in range(8)]
        code = owner.phone.fresh_code()
        live = Session.objects.live().count()

        answers = crowd.at_once(
            [
                *[partial(complete, c, w, code) for c, w in zip(clients, waiting, strict=False)],
                *[partial(reauthenticate, c, pair["access"], code=code) for c in clients[8:]],
            ]
        )

        assert_one_success(answers)
        let_in = sum(answer.status_code == 200 for answer in answers[:8])
        assert Session.objects.live().count() == live + let_in


def test_a_race_with_one_code_on_every_endpoint_is_won_once(client, owner, crowd, clients):
    for _ in range(ROUNDS):
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
        pair = complete(client, challenge(client, owner.user), owner.phone.fresh_code()).json()
        waiting = [challenge(client, owner.user) for _ in range(4)]
        code = owner.phone.fresh_code()

        answers = crowd.at_once(
            [
                *[partial(complete, c, w, code) for c, w in zip(clients, waiting, strict=False)],
                *[partial(reauthenticate, c, pair["access"], code=code) for c in clients[4:8]],
                *[partial(log_in_with, c, owner.user, code) for c in clients[8:12]],
                *[partial(new_recovery_codes, c, pair["access"], code) for c in clients[12:]],
            ]
        )

        assert_one_success(answers)


def test_a_race_with_one_code_through_django_otp_is_won_once(owner, crowd):
    device_id = owner.device.persistent_id
    for _ in range(ROUNDS):
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
        code = owner.phone.fresh_code()
        calls = [partial(verify_token, owner.user, device_id, code)] * 8
        calls += [partial(lambda code: owner.device.verify_token(code), code)] * 8
        results = crowd.at_once(calls)
        assert sum(bool(result) for result in results) == 1


def test_first_codes_at_once_are_counted_on_one_row(client, owner, crowd):
    """No row yet: one inserts it, and the others count on it."""
    for together in (2, THREADS):
        CodeAttempts.objects.all().delete()
        refusals = crowd.at_once([partial(count_code, owner.user.pk)] * together)
        counted = min(together, 10)
        assert refusals.count(None) == counted
        row = CodeAttempts.objects.get()
        assert (row.failures, row.window_failures) == (counted, counted)


def test_first_wrong_codes_at_once_are_counted(owner, crowd, clients):
    CodeAttempts.objects.all().delete()
    code = owner.phone.wrong_code()
    answers = crowd.at_once([partial(log_in_with, c, owner.user, code) for c in clients[:2]])
    assert [answer.status_code for answer in answers] == [401, 401]
    assert CodeAttempts.objects.get().failures == 2


def test_a_race_with_one_recovery_code_is_won_once(client, owner, crowd, clients):
    for code in owner.recovery_codes[:8]:
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
        waiting = [challenge(client, owner.user) for _ in range(8)]
        pair = log_in_with(client, owner.user, owner.phone.fresh_code()).json()
        left = RecoveryCode.objects.count()

        answers = crowd.at_once(
            [
                *[partial(complete, c, w, code) for c, w in zip(clients, waiting, strict=False)],
                *[partial(reauthenticate, c, pair["access"], code=code) for c in clients[8:]],
            ]
        )

        assert_one_success(answers)
        assert RecoveryCode.objects.count() == left - 1


def test_eight_recovery_codes_at_once_are_eight_log_ins(client, owner, crowd, clients):
    waiting = [challenge(client, owner.user) for _ in range(8)]
    live = Session.objects.live().count()

    answers = crowd.at_once(
        [
            partial(complete, *each)
            for each in zip(clients, waiting, owner.recovery_codes, strict=False)
        ]
    )

    assert [answer.status_code for answer in answers] == [200] * 8
    assert Session.objects.live().count() == live + 8
    left = set(RecoveryCode.objects.values_list("pk", flat=True))
    assert len(left) == 2


def test_one_challenge_with_good_codes_is_one_session(client, owner, crowd, clients, clock):
    for _ in range(3):
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
        access = log_in_with(client, owner.user, owner.phone.fresh_code()).json()["access"]
        fresh = new_recovery_codes(client, access, owner.phone.fresh_code()).json()
        waiting = challenge(client, owner.user)
        live = Session.objects.live().count()
        codes = [*fresh["recovery_codes"], owner.phone.fresh_code()]

        answers = crowd.at_once(
            [partial(complete, c, waiting, code) for c, code in zip(clients, codes, strict=False)]
        )

        assert_one_success(answers, "invalid_challenge")
        assert Session.objects.live().count() == live + 1


def test_one_challenge_takes_five_tries_from_sixteen(client, owner, crowd, clients, comparisons):
    waiting = challenge(client, owner.user)
    code = owner.phone.wrong_code()
    answers = crowd.at_once([partial(complete, c, waiting, code) for c in clients])
    codes = [answer.json()["code"] for answer in answers]
    assert codes.count("invalid_code") == 5 == comparisons.count
    assert codes.count("invalid_challenge") == 11


def test_one_first_code_turns_the_factor_on_once(client, make_user, crowd, clients, clock):
    for _ in range(ROUNDS):
        user = make_user()
        accesses = [client.pair(user)["access"] for _ in range(THREADS)]
        phone = Phone(set_up(client, accesses[0]).json()["secret"], clock)

        answers = crowd.at_once(
            [partial(confirm, *each, phone.code()) for each in zip(clients, accesses, strict=True)]
        )

        good = [answer for answer in answers if answer.status_code == 200]
        assert len(good) == 1
        refused = {a.status_code for a in answers} - {200}
        assert refused <= {400, 401, 429}
        assert TOTPDevice.objects.filter(user=user).count() == 1
        assert RecoveryCode.objects.filter(user=user).count() == 10
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)  # the fifteen others' tries
        code = good[0].json()["recovery_codes"][0]
        assert complete(client, challenge(client, user), code).status_code == 200
        assert all("mfa" in session.amr for session in Session.objects.of(user).live())


def test_sixteen_set_ups_at_once_are_answered_and_leave_one(
    client, make_user, crowd, clients, clock
):
    for _ in range(ROUNDS):
        user = make_user()
        access = client.pair(user)["access"]
        for http in clients:
            http.raise_request_exception = False

        answers = crowd.at_once([partial(set_up, c, access) for c in clients])

        assert {answer.status_code for answer in answers} == {201}
        assert TOTPDevice.objects.filter(user=user).count() == 1
        phones = [Phone(answer.json()["secret"], clock) for answer in answers]
        good = [confirm(client, access, phone.code()).status_code for phone in phones[:10]]
        assert good.count(200) <= 1


def test_a_set_up_beside_its_confirmation_leaves_a_whole_factor(
    client, make_user, crowd, clients, clock
):
    for _ in range(ROUNDS):
        user = make_user()
        access = client.pair(user)["access"]
        phone = Phone(set_up(client, access).json()["secret"], clock)
        for http in clients:
            http.raise_request_exception = False

        *others, confirmed = crowd.at_once(
            [
                *[partial(set_up, c, access) for c in clients[:4]],
                partial(confirm, clients[4], access, phone.code()),
            ]
        )

        assert {answer.status_code for answer in others} == {201}
        assert confirmed.status_code in (200, 401)
        on = confirmed.status_code == 200
        assert TOTPDevice.objects.filter(user=user, confirmed=True).count() == on
        assert RecoveryCode.objects.filter(user=user).count() == 10 * on


def test_no_log_in_by_password_outlives_a_factor_that_is_turned_on_beside_it(
    client, make_user, crowd, clients, clock
):
    """T-2FA-07: a log-in between password and tokens ends without a session."""
    for _ in range(25):
        user = make_user()
        mine = client.pair(user)
        phone = Phone(set_up(client, mine["access"]).json()["secret"], clock)

        *log_ins, confirmed = crowd.at_once(
            [
                *[partial(c.log_in, user) for c in clients[:-1]],
                partial(confirm, clients[-1], mine["access"], phone.code()),
            ]
        )

        assert confirmed.status_code == 200
        assert {answer.status_code for answer in log_ins} <= {200, 202}
        for answer in log_ins:
            if answer.status_code == 200:
                assert client.sessions(answer.json()["access"]).status_code == 401
                assert client.refresh(answer.json()["refresh"]).status_code == 401
        assert [s.amr for s in Session.objects.of(user).live()] == [["pwd", "otp", "mfa"]]


def test_no_refresh_beside_it_keeps_a_session_without_the_factor(
    client, make_user, crowd, clients, clock
):
    for _ in range(ROUNDS):
        user = make_user()
        mine = client.pair(user)
        others = [client.pair(user) for _ in range(THREADS - 1)]
        phone = Phone(set_up(client, mine["access"]).json()["secret"], clock)

        *refreshed, confirmed = crowd.at_once(
            [
                *[partial(c.refresh, p["refresh"]) for c, p in zip(clients, others, strict=False)],
                partial(confirm, clients[-1], mine["access"], phone.code()),
            ]
        )

        assert confirmed.status_code == 200
        for answer in refreshed:
            if answer.status_code == 200:
                assert client.sessions(answer.json()["access"]).status_code == 401
        assert Session.objects.of(user).live().count() == 1


def test_log_out_everywhere_beats_the_log_ins_that_are_about_to_be_completed(
    client, owner, crowd, clients
):
    """The ones it has seen waiting stay out; the ones completed before are ended."""
    for _ in range(ROUNDS):
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
        access = log_in_with(client, owner.user, owner.phone.fresh_code()).json()["access"]
        fresh = new_recovery_codes(client, access, owner.phone.fresh_code()).json()
        waiting = [challenge(client, owner.user) for _ in range(8)]

        *answers, ended = crowd.at_once(
            [
                *[
                    partial(complete, *each)
                    for each in zip(clients, waiting, fresh["recovery_codes"], strict=False)
                ],
                partial(clients[-1].delete, AUTH + "sessions/", **bearer(access)),
            ]
        )

        assert ended.status_code == 204
        assert {answer.status_code for answer in answers} <= {200, 401}
        assert Session.objects.of(owner.user).live().count() == 1
        assert client.sessions(access).status_code == 200


def test_turning_it_off_sixteen_times_at_once_is_done_once(
    client, make_user, enrol, crowd, clients
):
    for _ in range(3):
        owner = enrol(make_user())
        code = owner.phone.fresh_code()
        answers = crowd.at_once([partial(disable, c, owner.access, code) for c in clients])
        assert_one_success(answers)
        assert TOTPDevice.objects.filter(user=owner.user).count() == 0


def test_sixteen_new_sets_with_one_code_are_one_set(client, owner, crowd, clients):
    for _ in range(3):
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
        access = log_in_with(client, owner.user, owner.phone.fresh_code()).json()["access"]
        code = owner.phone.fresh_code()
        answers = crowd.at_once([partial(new_recovery_codes, c, access, code) for c in clients])
        assert_one_success(answers)
        assert RecoveryCode.objects.filter(user=owner.user).count() == 10


def test_a_code_that_is_used_while_its_set_is_replaced_works_once_at_most(
    client, owner, crowd, clients
):
    """T-REC-03."""
    codes = owner.recovery_codes
    for _ in range(ROUNDS):
        CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
        access = log_in_with(client, owner.user, owner.phone.fresh_code()).json()["access"]
        waiting = [challenge(client, owner.user) for _ in range(5)]
        renewal = owner.phone.fresh_code()

        *answers, replaced = crowd.at_once(
            [
                *[
                    partial(complete, c, w, codes[0])
                    for c, w in zip(clients, waiting, strict=False)
                ],
                partial(new_recovery_codes, clients[-1], access, renewal),
            ]
        )

        assert replaced.status_code == 201
        assert sum(answer.status_code == 200 for answer in answers) <= 1
        old, codes = codes, replaced.json()["recovery_codes"]
        # Nothing of the old set works, in any order; all of the new one may.
        assert complete(client, challenge(client, owner.user), old[1]).status_code == 401
        assert complete(client, challenge(client, owner.user), codes[9]).status_code == 200


def test_turning_it_off_beside_log_ins_leaves_no_half_of_either(
    client, make_user, enrol, crowd, clients
):
    """T-OTP-10: the log-ins that had begun are ended, whether they got in first or not."""
    for _ in range(ROUNDS):
        owner = enrol(make_user())
        waiting = [challenge(client, owner.user) for _ in range(8)]
        code = owner.phone.fresh_code()

        *answers, off = crowd.at_once(
            [
                *[
                    partial(complete, *each)
                    for each in zip(clients, waiting, owner.recovery_codes, strict=False)
                ],
                partial(disable, clients[-1], owner.access, code),
            ]
        )

        assert off.status_code == 204
        assert {answer.status_code for answer in answers} <= {200, 401}
        for answer in answers:
            if answer.status_code == 200:
                assert client.sessions(answer.json()["access"]).status_code == 401
        assert Session.objects.of(owner.user).live().count() == 1
        assert not TOTPDevice.objects.filter(user=owner.user).exists()
        assert not RecoveryCode.objects.filter(user=owner.user).exists()
        assert client.log_in(owner.user).status_code == 200
