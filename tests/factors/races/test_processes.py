"""T-OTP-04: one code, two processes, eight threads each, under every isolation level."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest
from authkit.models import RecoveryCode, Session, TOTPDevice
from django.db import connection

from tests.conftest import AUTH, PASSWORD
from tests.database.isolation import LEVELS
from tests.factors.calls import challenge

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).parents[3]
PROCESSES = 2
THREADS = 8


@pytest.fixture(params=["read committed", *LEVELS])
def race(request):
    """A function that divides requests among processes, and returns (status, body) of each."""
    environment = os.environ | {
        "AUTHKIT_TEST_NAME": connection.settings_dict["NAME"],
        "AUTHKIT_TEST_ISOLATION": request.param,
    }

    def start():
        return subprocess.Popen(
            [sys.executable, "-m", "tests.factors.races.racing"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def race(requests):
        children = [start() for _ in range(PROCESSES)]
        for number, child in enumerate(children):
            tell(child, [time.time(), requests[number::PROCESSES]])
        assert [hear(child) for child in children] == ["ready"] * PROCESSES
        for child in children:
            tell(child, "go")
        pids, levels, answers = zip(*map(hear, children), strict=True)
        assert [child.wait(timeout=60) for child in children] == [0] * PROCESSES
        for child in children:
            child.stdin.close()
            child.stdout.close()
        assert len(set(pids)) == PROCESSES
        assert levels == ([request.param],) * PROCESSES
        return list(chain.from_iterable(answers))

    return race


def tell(child, value):
    child.stdin.write(json.dumps(value) + "\n")
    child.stdin.flush()


def hear(child):
    return json.loads(child.stdout.readline())


def log_ins(owner, code):
    body = {owner.user.USERNAME_FIELD: owner.user.get_username(), "password": PASSWORD}
    return [[AUTH + "token/", body | {"otp": code}]] * (PROCESSES * THREADS)


def completions(client, owner, code):
    return [
        [AUTH + "token/second-factor/", {"challenge": challenge(client, owner.user), "code": code}]
        for _ in range(PROCESSES * THREADS)
    ]


def assert_one_is_let_in(answers):
    statuses = Counter(status for status, _ in answers)
    assert statuses[200] == 1, statuses
    assert set(statuses) <= {200, 401, 429, 503}, statuses
    codes = {body["code"] for status, body in answers if status != 200}
    assert codes <= {"invalid_code", "too_many_attempts", "service_unavailable"}


def test_a_race_with_one_code_is_won_once(client, owner, race):
    live = Session.objects.live().count()
    requests = log_ins(owner, owner.phone.fresh_code())
    assert_one_is_let_in(race(requests))
    assert Session.objects.live().count() == live + 1


def test_a_race_of_sixteen_challenges_with_one_code_is_won_once(client, owner, race):
    live = Session.objects.live().count()
    assert_one_is_let_in(race(completions(client, owner, owner.phone.fresh_code())))
    assert Session.objects.live().count() == live + 1
    assert TOTPDevice.objects.get().last_step > 0


def test_a_race_with_one_recovery_code_is_won_once(client, owner, race):
    assert_one_is_let_in(race(log_ins(owner, owner.recovery_codes[0])))
    assert RecoveryCode.objects.count() == 9


def test_one_refresh_token_has_one_successor(client, user, race):
    pair = client.pair(user)
    request = [AUTH + "token/refresh/", {"refresh": pair["refresh"]}]
    answers = race([request] * (PROCESSES * THREADS))
    assert {status for status, _ in answers} <= {200, 503}
    assert len({body["refresh"] for status, body in answers if status == 200}) == 1
    assert Session.objects.get().generation == 1
