"""A flood of passwords to hash takes neither all processors nor all threads of a process."""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from itertools import islice

import pytest
from authkit.core.http.client import Client as ClientOf
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import issue
from authkit.errors import HashingBusy
from authkit.models import OneTimeLink, PasswordAttempts, SecurityEvent, Session
from authkit.passwords.checking import hashing
from authkit.passwords.checking.hashing import Gate, hashing_place
from authkit.passwords.reset import uid_of
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connections
from django.test import Client as Browser
from django.test import override_settings

from tests.accounts.calls import register
from tests.conftest import AUTH, PASSWORD, Client, bearer, username_for

HERE, ELSEWHERE = "192.0.2.7", "198.51.100.7"
NEW = "another correct horse battery"

#: Longer than any of this takes; beyond it there is a deadlock.
PATIENCE = 60


@pytest.fixture
def gate(monkeypatch):
    """A process with four processors whose callers do not wait for a place."""
    gate = Gate()
    limits = {"PLACES": 4, "PLACES_PER_NETWORK": 2, "WAITING": 0, "WAITING_PER_NETWORK": 0}
    for name, value in {**limits, "_gate": gate}.items():
        monkeypatch.setattr(hashing, name, value)
    return gate


@pytest.fixture
def full(gate):
    for _ in range(2):
        assert gate.enter(HERE)
    return gate


# --- the places ---------------------------------------------------------------------------------


def test_one_network_leaves_places_to_others(gate):
    assert [gate.enter(HERE) for _ in range(3)] == [True, True, False]
    assert [gate.enter(ELSEWHERE) for _ in range(3)] == [True, True, False]
    assert not gate.enter("203.0.113.7")
    gate.leave(HERE)
    assert gate.enter("203.0.113.7")


def test_clients_without_an_ip_share_the_places_of_the_process(gate):
    assert [gate.enter(None) for _ in range(5)] == [True] * 4 + [False]


def test_a_place_is_given_back_whatever_happens(gate):
    for _ in range(10):
        with pytest.raises(ZeroDivisionError), hashing_place(ClientOf(HERE, "")):
            _ = 1 / 0
    assert gate.enter(HERE)
    assert gate.enter(HERE)


def test_a_caller_needs_one_place(full):
    full.leave(HERE)
    with hashing_place(ClientOf(HERE, "")), hashing_place(ClientOf(HERE, "")):
        assert not full.enter(HERE)
    assert full.enter(HERE)


def test_networks_that_are_gone_take_no_memory(gate):
    for number in range(100):
        gate.enter(f"10.0.0.{number}")
        gate.leave(f"10.0.0.{number}")
    assert (dict(gate._hashing), dict(gate._waiting)) == ({}, {})


def waiting(gate, number):
    """Return once so many callers wait."""
    for _ in range(PATIENCE * 100):
        with gate._changed:
            if gate._waiting.total() == number:
                return
        threading.Event().wait(0.01)
    pytest.fail("they do not wait")


def test_a_few_wait_for_a_place_and_the_others_are_refused_at_once(full, monkeypatch):
    monkeypatch.setattr(hashing, "WAITING", 16)
    monkeypatch.setattr(hashing, "WAITING_PER_NETWORK", 3)
    monkeypatch.setattr(hashing, "WAIT", PATIENCE)
    with ThreadPoolExecutor(3) as pool:
        patient = [pool.submit(full.enter, HERE) for _ in range(3)]
        waiting(full, 3)
        assert not full.enter(HERE)  # at once: a fourth thread would be lost to others
        assert full.enter(ELSEWHERE)
        for _ in range(2):
            full.leave(HERE)
        waiting(full, 1)
        full.leave(HERE)
        assert [future.result(PATIENCE) for future in patient] == [True] * 3
    assert full._hashing[HERE] == 2


def test_whoever_waits_in_vain_is_refused(full, monkeypatch):
    monkeypatch.setattr(hashing, "WAITING", 16)
    monkeypatch.setattr(hashing, "WAITING_PER_NETWORK", 3)
    monkeypatch.setattr(hashing, "WAIT", 0.01)
    with pytest.raises(HashingBusy), hashing_place(ClientOf(HERE, "")):
        pytest.fail("there was no place")
    assert dict(full._waiting) == {}


def test_the_real_limits_leave_something_to_others():
    source = (hashing.WAITING_PER_NETWORK, hashing.WAIT)
    assert source == (4, 5.0)


# --- every endpoint that hashes -------------------------------------------------------------------


@pytest.fixture
def here():
    return Client(REMOTE_ADDR=HERE)


def assert_busy(answer):
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.django_db
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_a_log_in_is_refused_and_counts_nothing(full, here, user, hasher_runs, known):
    name = user.get_username() if known else username_for("unknown")
    body = {user.USERNAME_FIELD: name, "password": PASSWORD}
    for _ in range(12):
        assert_busy(here.post(AUTH + "token/", body))
    assert hasher_runs == []
    assert not PasswordAttempts.objects.filter(failures__gt=0).exists()
    assert not Session.objects.exists()
    assert not SecurityEvent.objects.exists()
    full.leave(HERE)
    assert here.post(AUTH + "token/", body).status_code == (200 if known else 401)


@pytest.mark.django_db
def test_another_network_logs_in(full, user):
    assert Client(REMOTE_ADDR=ELSEWHERE).log_in(user).status_code == 200


@pytest.mark.django_db
def test_a_logged_in_user_is_refused_and_keeps_everything(gate, here, user):
    headers = bearer(here.pair(user)["access"])
    for _ in range(2):
        gate.enter(HERE)
    stored = user.password
    change = {"current_password": PASSWORD, "new_password": NEW}
    calls = [("password/change/", change), ("reauthenticate/", {"password": PASSWORD})]
    for path, body in calls * 6:
        assert_busy(here.post(AUTH + path, body, **headers))
    assert_busy(here.delete(AUTH + "me/", {"password": PASSWORD}, **headers))
    user.refresh_from_db()
    assert user.password == stored
    gate.leave(HERE)
    assert here.post(AUTH + calls[1][0], calls[1][1], **headers).status_code == 200
    assert here.post(AUTH + calls[0][0], change, **headers).status_code == 204


@pytest.mark.django_db
@pytest.mark.addresses
def test_a_reset_link_stays_good(full, here, make_user):
    user = make_user()
    user.email = "ann@example.com"
    user.save()
    [token] = issue(Purpose.PASSWORD_RESET, [(user, user.email)], timedelta(hours=1))
    body = {"uid": uid_of(user), "token": token, "new_password": NEW}
    assert_busy(here.post(AUTH + "password/reset/confirm/", body))
    assert OneTimeLink.objects.count() == 1
    full.leave(HERE)
    assert here.post(AUTH + "password/reset/confirm/", body).status_code == 204


@pytest.mark.django_db
@pytest.mark.addresses
def test_a_registration_is_refused(full, here):
    link = "https://app.example/verify#{token}"
    with override_settings(AUTHKIT={"REGISTRATION": True, "EMAIL_VERIFICATION_URL": link}):
        assert_busy(register(here, "ann@example.com"))


@pytest.mark.django_db
@pytest.mark.urls("tests.factors.urls")
def test_the_admins_page_says_so(full, make_user):
    user = make_user(is_staff=True, is_superuser=True)
    page = "/ours/login/?next=/ours/"
    body = {"username": user.get_username(), "password": PASSWORD}
    answer = Browser(REMOTE_ADDR=HERE).post(page, body)
    assert "The service is unavailable at present." in answer.content.decode()
    assert Browser(REMOTE_ADDR=ELSEWHERE).post(page, body).status_code == 302


# --- real threads --------------------------------------------------------------------------------


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_others_are_answered_while_one_network_floods(gate, make_user, monkeypatch):
    victim, other = make_user("victim"), make_user("other")
    access = Client(REMOTE_ADDR=ELSEWHERE).pair(other)["access"]
    started, done, original = threading.Semaphore(0), threading.Event(), MD5PasswordHasher.encode

    def slow(self, password, salt):
        if password == "flood":
            started.release()
            assert done.wait(PATIENCE)
        return original(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", slow)

    def guess(number):
        try:
            return Client(REMOTE_ADDR=HERE).log_in(victim, "flood").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        flood = [pool.submit(guess, number) for number in range(8)]
        for _ in range(2):
            assert started.acquire(timeout=PATIENCE)
        client = Client(REMOTE_ADDR=ELSEWHERE)
        assert client.log_in(other).status_code == 200
        assert client.sessions(access).status_code == 200
        # The other six are answered while two are hashed, and are not hashed themselves.
        refused = list(islice(as_completed(flood, PATIENCE), 6))
        assert not started.acquire(blocking=False)
        done.set()
        answers = [future.result(PATIENCE) for future in flood if future not in refused]
    assert [future.result() for future in refused] == [503] * 6
    assert answers == [401, 401]
    assert [row.failures for row in PasswordAttempts.objects.filter(failures__gt=0)] == [2]
