"""Two processes on one database, whose clocks differ: what one does holds in the other.

Up to a minute nothing is refused that is right, and nothing lives that was ended. Beyond it,
moments of the other clock open nothing, and the log says so.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from authkit.models import APIKey, SecurityEvent, Session
from django.contrib.auth import get_user_model
from django.db import connection

from tests.conftest import AUTH, PASSWORD, bearer
from tests.factors.phone import Phone, code_at

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).parents[2]

#: In seconds; the clock of the other process is ahead, or behind.
WITHIN = [sign * skew for skew in (0.05, 0.4, 2, 30, 60) for sign in (1, -1)]
HOUR = 3600

#: Of a user, where the user name is no e-mail.
EMAIL = {} if get_user_model().USERNAME_FIELD == "email" else {"email": "reader@example.com"}


class Worker:
    """A process; its clock is ahead of the one of this machine by ``skew`` seconds."""

    def __init__(self, skew):
        self.skew = skew
        self.lines = []
        self.mails = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.clocks.worker"],
            cwd=ROOT,
            env=os.environ
            | {
                "AUTHKIT_TEST_NAME": connection.settings_dict["NAME"],
                "AUTHKIT_TEST_SKEW": str(skew),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def now(self):
        return time.time() + self.skew

    def send(self, method, path, body=None, **headers):
        self.process.stdin.write(json.dumps([method, path, body, headers]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        self.lines += answer["lines"]
        self.mails += answer["mails"]
        return answer

    def post(self, path, body=None, **headers):
        return self.send("POST", AUTH + path, body or {}, **headers)

    def log_in(self, user, **more):
        body = {user.USERNAME_FIELD: user.get_username(), "password": PASSWORD}
        return self.post("token/", body | more)

    def pair(self, user):
        return ok(self.log_in(user))

    def refresh(self, pair):
        return self.post("token/refresh/", {"refresh": pair["refresh"]})

    def log_out(self, pair):
        return self.post("token/revoke/", {"refresh": pair["refresh"]})["status"]

    def call(self, pair):
        return self.send("GET", AUTH + "sessions/", **bearer(pair["access"]))

    def use(self, key):
        return self.send("GET", "/books/", HTTP_X_API_KEY=key)

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def started(django_db_setup):
    """Return a function that starts a worker, or returns the one that has this clock."""
    workers = {}

    def worker(skew):
        if skew not in workers:
            workers[skew] = Worker(skew)
        workers[skew].lines, workers[skew].mails = [], []
        return workers[skew]

    yield worker
    for one in workers.values():
        one.end()


@pytest.fixture
def here(started):
    return started(0)


@pytest.fixture(params=WITHIN, ids="{:+}s".format)
def there(started, request):
    return started(request.param)


@pytest.fixture(params=[HOUR, -HOUR], ids=["ahead", "behind"])
def astray(started, request):
    return started(request.param)


@pytest.fixture(autouse=True)
def _own_connection(django_db_blocker):
    yield
    connection.close()


def ok(answer, status=200):
    assert answer["status"] == status, answer
    return answer["body"]


def refused(answer, code, status=401):
    assert (answer["status"], answer["body"]["code"]) == (status, code), answer


def assert_no_clock_was_blamed(*workers):
    assert [worker.lines for worker in workers] == [[]] * len(workers)
    assert not SecurityEvent.objects.filter(kind="token_reused").exists()


def test_a_session_lives_in_both(here, there, user):
    pair = here.pair(user)
    ok(there.call(pair))
    second = ok(there.refresh(pair))
    ok(here.call(second))
    assert ok(here.refresh(pair))["refresh"] == second["refresh"]  # the answer was lost
    third = ok(here.refresh(second))
    ok(there.call(third))
    assert ok(there.refresh(second))["refresh"] == third["refresh"]
    fourth = ok(there.refresh(third))
    ok(here.call(fourth))
    assert SecurityEvent.objects.filter(kind="token_replayed").count() == 2
    assert_no_clock_was_blamed(here, there)


def test_a_log_out_holds_in_both(here, there, user):
    for one, other in [(here, there), (there, here)]:
        pair = one.pair(user)
        assert other.log_out(pair) == 204
        for worker in (one, other):
            refused(worker.call(pair), "session_ended")
            refused(worker.refresh(pair), "session_ended")
    assert Session.objects.filter(revoked_at=None).count() == 0
    assert_no_clock_was_blamed(here, there)


def test_a_log_in_goes_on_at_the_other(here, there, user):
    pair = here.pair(user)
    secret = ok(here.post("2fa/totp/setup/", **bearer(pair["access"])), 201)["secret"]
    code = code_at(Phone(secret).secret, there.now())
    codes = ok(there.post("2fa/totp/verify/", {"code": code}, **bearer(pair["access"])))
    for one, other, recovery_code in zip(
        (here, there), (there, here), codes["recovery_codes"], strict=False
    ):
        challenge = ok(one.log_in(user), 202)["challenge"]
        body = {"challenge": challenge, "code": recovery_code}
        fresh = ok(other.post("token/second-factor/", body))
        refused(one.post("token/second-factor/", body), "invalid_challenge")
        ok(one.post("api-keys/", {"name": "job"}, **bearer(fresh["access"])), 201)
    again = {"challenge": ok(here.log_in(user), 202)["challenge"], "code": code}
    refused(here.post("token/second-factor/", again), "invalid_code")
    assert_no_clock_was_blamed(here, there)


def test_a_key_has_one_rate(here, there, user):
    key = make_key(user, "4/hour")
    for worker in (here, there, here, there):
        assert worker.use(key)["status"] == 200
    for worker in (here, there):
        answer = worker.use(key)
        assert answer["status"] == 429
        assert 0 < int(answer["wait"]) <= HOUR + abs(there.skew) + 1
    assert_no_clock_was_blamed(here, there)


@pytest.mark.addresses
def test_a_link_opens_at_the_other_once(here, there, make_user):
    user = make_user(**EMAIL)
    for one, other, new in [(here, there, PASSWORD[::-1]), (there, here, PASSWORD)]:
        pair = ok(one.log_in(user, password=new[::-1]))
        body = reset_link(one, user) | {"new_password": new}
        ok(other.post("password/reset/confirm/", body), 204)
        assert one.post("password/reset/confirm/", body)["status"] == 400
        refused(one.call(pair), "session_ended")
    assert_no_clock_was_blamed(here, there)


def test_guesses_have_one_limit(here, there, user):
    body = {user.USERNAME_FIELD: user.get_username(), "password": "wrong"}
    statuses = [worker.post("token/", body)["status"] for worker in (here, there) * 5]
    assert statuses == [401] * 10
    for worker in (here, there):
        answer = worker.log_in(user)
        assert answer["status"] == 429
        assert int(answer["wait"]) <= 15 * 60
    assert_no_clock_was_blamed(here, there)


def test_an_hour_apart_a_log_out_holds_and_tokens_of_the_future_open_nothing(here, astray, user):
    ahead, behind = sorted((here, astray), key=Worker.now, reverse=True)
    pair = ahead.pair(user)
    refused(behind.call(pair), "token_invalid")
    refused(behind.refresh(pair), "token_invalid")
    ok(ahead.call(pair))
    assert behind.log_out(pair) == 204
    refused(ahead.call(pair), "session_ended")
    assert len(behind.lines) == 2  # one for each of its refusals, however often they look
    assert "synchronize them" in behind.lines[0]
    assert ahead.lines == []


@pytest.mark.addresses
def test_an_hour_apart_no_link_lives_longer(here, astray, make_user):
    ahead, behind = sorted((here, astray), key=Worker.now, reverse=True)
    body = reset_link(ahead, make_user(**EMAIL)) | {"new_password": "another fine password"}
    assert behind.post("password/reset/confirm/", body)["status"] == 400
    assert len(behind.lines) == 1
    ok(ahead.post("password/reset/confirm/", body), 204)


def test_an_hour_apart_no_limit_stays_closed(here, astray, user):
    ahead, behind = sorted((here, astray), key=Worker.now, reverse=True)
    key = make_key(user, "2/hour")
    statuses = [worker.use(key)["status"] for worker in (ahead, ahead, ahead)]
    assert statuses == [200, 200, 429]
    statuses = [worker.use(key)["status"] for worker in (behind, behind, behind)]
    assert statuses == [200, 200, 429]
    assert behind.lines


def make_key(user, rate):
    _, key = APIKey.objects.create_key(name="job", owner=user, rate=rate)
    return key


def reset_link(worker, user):
    worker.mails = []
    email = getattr(user, type(user).get_email_field_name())
    ok(worker.post("password/reset/", {"email": email}), 202)
    uid, token = re.search(r"#uid=([^&\s]+)&token=(\S+)", worker.mails[0]).groups()
    return {"uid": uid, "token": token}
