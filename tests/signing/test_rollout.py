"""Keys are rotated while clients log in, refresh and call, at three servers.

The servers are told one after the other. A new key is published everywhere, then it signs, then
the old one is taken away: nobody is refused.
"""

import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from authkit.models import SecurityEvent, Session
from django.db import connection

from tests.conftest import AUTH, PASSWORD
from tests.sessions.forge import header_of
from tests.signing.made import pair
from tests.signing.test_ring import kid_of

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).parents[2]
CLIENTS, SERVERS = 16, 3
OLD, NEW = "o" * 64, "n" * 64

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

    def learn(self, *keys, secret=OLD, fallbacks=()):
        given = {"keys": keys, "secret": secret, "fallbacks": list(fallbacks)}
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
    assert not SecurityEvent.objects.filter(kind__in=["token_reused", "login_failed"]).exists()
    assert not Session.objects.exclude(revoked_at=None).exists()


def test_secret_key_is_rotated(servers, people):
    """First every server gets to know the new one, as a fallback."""
    go_on(people)
    kid = people[0].kid
    teach(people, servers, secret=OLD, fallbacks=[NEW])
    teach(people, servers, secret=NEW, fallbacks=[OLD])
    until(lambda: all(person.kid != kid for person in people))
    teach(people, servers, secret=NEW)
    assert not SecurityEvent.objects.filter(kind__in=["token_reused", "login_failed"]).exists()
    assert not Session.objects.exclude(revoked_at=None).exists()
