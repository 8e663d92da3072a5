"""Keys are rotated while clients log in, refresh and call, at three servers.

The servers are told one after the other. A new key is published everywhere, then it signs, then
the old one is taken away: no client is refused.
"""

import base64
import http.client
import io
import json
import os
import random
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import issue
from authkit.models import SecurityEvent, Session, TOTPDevice
from authkit.passwords.reset import uid_of
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from tests.conftest import AUTH, PASSWORD
from tests.factors.phone import Phone
from tests.sessions.forge import header_of
from tests.signing.made import pair
from tests.signing.test_ring import kid_of

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).parents[2]
CLIENTS, SERVERS = 16, 3
OLD, NEW = "o" * 64, "n" * 64
ENCRYPTION_KEYS = [base64.b64encode(letter * 32).decode() for letter in (b"a", b"b")]

#: In seconds: longer than any step takes; beyond it something stands still.
PATIENCE = 120


class Server:
    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.signing.worker"],
            cwd=ROOT,
            env=os.environ | {"AUTHKIT_TEST_NAME": connection.settings_dict["NAME"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self.process.stdout.readline())

    def learn(self, *keys, secret=OLD, fallbacks=(), encryption=()):
        """Take these keys: of the ring, SECRET_KEY and its fallbacks, and those that encrypt."""
        given = {"keys": keys, "secret": secret, "fallbacks": list(fallbacks)}
        given["encryption"] = dict(encryption)
        self.process.stdin.write(json.dumps(given) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "set\n"

    def ask(self, method, path, body=None, access=None):
        headers = {"Content-Type": "application/json"}
        if access:
            headers["Authorization"] = f"Bearer {access}"
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            asked.request(method, AUTH + path, json.dumps(body), headers)
            answer = asked.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            asked.close()

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()


class Person(threading.Thread):
    """Logs in, calls and refreshes, each time at another server, until it is told to stop."""

    def __init__(self, number, user, servers):
        super().__init__()
        self.body = {user.USERNAME_FIELD: user.get_username(), "password": PASSWORD}
        self.random = random.Random(number)
        self.servers = servers
        self.stopped = threading.Event()
        self.rounds, self.refused, self.kid = 0, [], None

    def run(self):
        while not self.stopped.is_set():
            tokens = self.ask("POST", "token/", self.body)
            for _ in range(self.random.randrange(2, 12)):
                if tokens is None or self.stopped.is_set():
                    break
                self.ask("GET", "sessions/", access=tokens["access"])
                tokens = self.ask("POST", "token/refresh/", {"refresh": tokens["refresh"]})
                self.kid = tokens and header_of(tokens["refresh"])["kid"]
                self.rounds += 1

    def ask(self, method, path, body=None, access=None):
        status, answer = self.random.choice(self.servers).ask(method, path, body, access)
        if status == 200:
            return answer
        self.refused.append((method, path, status, answer))
        return None


@pytest.fixture
def servers():
    started = [Server() for _ in range(SERVERS)]
    for server in started:
        server.learn()
    yield started
    for server in started:
        server.end()


class Stakes:
    """What a rotation may break beside sessions: a factor, a link, and a count of guesses."""

    def __init__(self, servers, make_user):
        self.servers = servers
        self.owner, self.victim, self.forgetful = make_user(), make_user(), make_user()
        self.forgetful.email = "forgetful@example.com"
        self.forgetful.save()
        self.phone = Phone(base64.b32encode(b"k" * 20).decode())
        with override_settings(SECRET_KEY=OLD):
            device = TOTPDevice(user=self.owner, confirmed=True, confirmed_at=timezone.now())
            device.seal(b"k" * 20)
            device.save()
            account = [(self.forgetful, self.forgetful.email)]
            [self.link] = issue(Purpose.PASSWORD_RESET, account, timedelta(hours=1))

    def ask(self, path, **body):
        return random.choice(self.servers).ask("POST", path, body)[0]

    def log_in(self, code):
        """Log in with the code of a time step before (-1), now or after (1)."""
        name = {self.owner.USERNAME_FIELD: self.owner.get_username()}
        return self.ask("token/", **name, password=PASSWORD, otp=self.phone.code(code))

    def guess(self, times):
        assert [self.guess_once() for _ in range(times)] == [401] * times

    def guess_once(self):
        name = {self.victim.USERNAME_FIELD: self.victim.get_username()}
        return self.ask("token/", **name, password="wrong")

    def open_link(self):
        body = {"uid": uid_of(self.forgetful), "token": self.link}
        return self.ask("password/reset/confirm/", **body, new_password="another horse battery")


@pytest.fixture
def stakes(servers, make_user):
    return Stakes(servers, make_user)


@pytest.fixture
def people(servers, make_user):
    started = [Person(number, make_user(), servers) for number in range(CLIENTS)]
    for person in started:
        person.start()
    yield started
    for person in started:
        person.stopped.set()
    for person in started:
        person.join(PATIENCE)


def until(condition):
    for _ in range(PATIENCE * 20):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not come")


def go_on(people, kid=None):
    """Return once each has refreshed twice more, and has a token of this key."""
    rounds = [person.rounds for person in people]
    until(
        lambda: all(
            person.refused or (person.rounds >= before + 2 and kid in (None, person.kid))
            for person, before in zip(people, rounds, strict=True)
        )
    )
    assert [person.refused for person in people] == [[]] * CLIENTS


def teach(people, servers, *keys, **secrets):
    """Give the servers new settings, one after the other, while all go on."""
    for server in servers:
        server.learn(*keys, **secrets)
        go_on(people)


def published(number):
    return {"algorithm": "EdDSA", "public_key": pair("EdDSA", number)[1]}


def signing(number, not_before):
    private = {"algorithm": "EdDSA", "private_key": pair("EdDSA", number)[0]}
    return private | {"not_before": not_before}


def test_a_ring_takes_over_and_its_keys_rotate(servers, people):
    go_on(people)
    older = []
    for number in (1, 2):
        teach(people, servers, published(number), *older)
        key = signing(number, not_before=time.time())
        teach(people, servers, key, *older)
        go_on(people, kid_of(key))
        older = [key]
    teach(people, servers, *older)
    assert_nothing_ended()


@pytest.mark.addresses
def test_secret_key_is_rotated(servers, people, stakes):
    """First every server gets to know the new one, as a fallback."""
    go_on(people)
    kid = people[0].kid
    stakes.guess(4)
    assert stakes.log_in(code=-1) == 200
    teach(people, servers, secret=OLD, fallbacks=[NEW])
    stakes.guess(3)
    teach(people, servers, secret=NEW, fallbacks=[OLD])
    until(lambda: all(person.kid != kid for person in people))
    stakes.guess(3)
    assert stakes.guess_once() == 429
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD]):
        call_command("authkit_rotate_keys", stdout=io.StringIO())
    assert stakes.log_in(code=0) == 200
    assert stakes.open_link() == 204
    # Sooner than the guide says: windows of guesses have not ended yet, and would begin anew.
    teach(people, servers, secret=NEW)
    assert stakes.log_in(code=1) == 200
    assert_nothing_ended()


@pytest.mark.addresses
def test_keys_that_encrypt_are_rotated(servers, people, stakes):
    """The new one is known everywhere before it encrypts: it is the last of the ring first."""
    first, second = ("1", ENCRYPTION_KEYS[0]), ("2", ENCRYPTION_KEYS[1])
    steps = [[first], [first, second], [second, first]]
    for code, ring in zip((-1, 0, 1), steps, strict=True):
        teach(people, servers, encryption=ring)
        assert stakes.log_in(code) == 200
        with override_settings(SECRET_KEY=OLD, AUTHKIT={"ENCRYPTION_KEYS": dict(ring)}):
            call_command("authkit_rotate_keys", stdout=io.StringIO())
    teach(people, servers, encryption=[second])
    assert TOTPDevice.objects.get().sealed_secret.startswith("2.")
    go_on(people)
    assert_nothing_ended()


def assert_nothing_ended():
    refusals = ["token_reused", "session_ended", "account_locked"]
    assert not SecurityEvent.objects.filter(kind__in=refusals).exists()
    assert not Session.objects.exclude(revoked_at=None).exists()
