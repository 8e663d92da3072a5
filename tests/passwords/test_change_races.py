"""Passwords that are set at the same moment."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from authkit.core.db.retry import retry_on_conflict
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import issue
from authkit.passwords.reset import uid_of
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password

from tests.conftest import AUTH, PASSWORD, bearer, clients_from_all_over
from tests.database.isolation import level
from tests.passwords.conftest import CONFIRM, address_of_reader, validators_that
from tests.sessions.answers import assert_session_is_dead, assert_session_lives
from tests.sessions.crowd import PATIENCE_SECONDS, Crowd

__all__ = ["level"]

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

THREADS = 8
ROUNDS = 3


@pytest.fixture
def crowd(level):
    with Crowd(THREADS) as crowd:
        yield crowd


@pytest.fixture
def clients():
    return clients_from_all_over(THREADS)


@pytest.fixture
def at_the_same_moment(settings):
    """Let all flows have checked the old password, and none have stored the new one."""
    meet = partial(Barrier(THREADS).wait, timeout=PATIENCE_SECONDS)
    settings.AUTH_PASSWORD_VALIDATORS = validators_that(meet)
    return meet


def change(client, pair, new):
    body = {"current_password": PASSWORD, "new_password": new}
    return client.post(AUTH + "password/change/", body, **bearer(pair["access"]))


def confirm(client, user, new):
    recipient = (user, address_of_reader("reader"))
    [token] = issue(Purpose.PASSWORD_RESET, [recipient], timedelta(minutes=30))
    link = {"uid": uid_of(user), "token": token}
    return client.post(CONFIRM, {**link, "new_password": new})


def stored(user):
    return get_user_model().objects.get(pk=user.pk)


def start_again(user):
    after = stored(user)
    after.set_password(PASSWORD)
    after.save()


def test_one_of_seven_changes_and_a_link_wins_the_race_and_its_password_holds(
    client, reader, crowd, clients, at_the_same_moment
):
    for _ in range(ROUNDS):
        passwords = [f"correct horse number {number}" for number in range(THREADS)]
        pairs = [client.pair(reader) for _ in range(THREADS - 1)]
        changes = [partial(change, *each) for each in zip(clients, pairs, passwords, strict=False)]
        link = partial(confirm, clients[-1], stored(reader), passwords[-1])

        statuses = [answer.status_code for answer in crowd.at_once([*changes, link])]

        winner = statuses.index(204)
        assert sorted(statuses[:-1]) + statuses[-1:] in (
            [401] * (THREADS - 1) + [204],
            [204] + [401] * (THREADS - 2) + [400],
        )
        assert stored(reader).check_password(passwords[winner])
        for number, pair in enumerate(pairs):
            expect = assert_session_lives if number == winner else assert_session_is_dead
            expect(client, pair)
        start_again(reader)


def test_one_of_eight_changes_in_one_session_wins_the_race_and_the_session_lives(
    client, user, crowd, clients, at_the_same_moment
):
    for _ in range(ROUNDS):
        passwords = [f"correct horse number {number}" for number in range(THREADS)]
        pair = client.pair(user)
        changes = [
            partial(change, each, pair, new) for each, new in zip(clients, passwords, strict=True)
        ]

        statuses = [answer.status_code for answer in crowd.at_once(changes)]

        assert sorted(statuses) == [204] + [401] * (THREADS - 1)
        assert stored(user).check_password(passwords[statuses.index(204)])
        assert_session_lives(client, pair)
        start_again(user)


def test_no_change_comes_after_that_of_an_administrator(
    client, user, crowd, clients, at_the_same_moment
):
    users = get_user_model().objects.filter(pk=user.pk)
    theirs = make_password("of the administrator")

    def administer():
        at_the_same_moment()
        retry_on_conflict(partial(users.update, password=theirs), get_user_model())

    for _ in range(ROUNDS):
        pairs = [client.pair(user) for _ in range(THREADS - 1)]
        passwords = ["correct horse", PASSWORD] * THREADS
        changes = [partial(change, *each) for each in zip(clients, pairs, passwords, strict=False)]

        crowd.at_once([*changes, administer])

        assert stored(user).check_password("of the administrator")
        for pair in pairs:
            assert_session_is_dead(client, pair)
        start_again(user)
