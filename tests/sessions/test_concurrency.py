"""Sixteen threads on sixteen connections. PostgreSQL and MariaDB only; see tests/conftest.py."""

from functools import partial
from itertools import pairwise

import pytest
from authkit.models import Session
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import override_settings

from tests.conftest import AUTH, PASSWORD, Client, bearer, clients_from_all_over
from tests.sessions.answers import (
    TOKEN_REUSED,
    assert_refused,
    assert_session_is_dead,
    assert_session_lives,
)
from tests.sessions.crowd import Crowd
from tests.sessions.forge import claims_of

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

THREADS = 16
NEW_PASSWORD = "another correct horse"


@pytest.fixture
def crowd():
    with Crowd(THREADS) as crowd:
        yield crowd


@pytest.fixture
def clients():
    return clients_from_all_over(THREADS)


@pytest.fixture
def tabs():
    """Clients of one network, which may repeat a refresh within the grace."""
    return [Client() for _ in range(THREADS)]


def backend_id():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_backend_pid()"
            if connection.vendor == "postgresql"
            else "SELECT CONNECTION_ID()"
        )
        return cursor.fetchone()[0]


def test_every_thread_of_the_crowd_has_a_connection_of_its_own(crowd):
    assert len(set(crowd.at_once([backend_id] * THREADS))) == THREADS


def test_a_race_of_sixteen_refreshes_has_one_successor_for_fifty_rounds(client, user, crowd, tabs):
    pair = first = client.pair(user)
    for round_ in range(1, 51):
        answers = crowd.at_once([partial(c.refresh, pair["refresh"]) for c in tabs])

        assert [a.status_code for a in answers] == [200] * THREADS
        tokens = {(a.json()["access"], a.json()["refresh"]) for a in answers}
        assert len(tokens) == 1
        assert {a.json()["token_type"] for a in answers} == {"Bearer"}
        assert all(295 <= a.json()["expires_in"] <= 300 for a in answers)
        session = Session.objects.get()
        assert session.generation == round_
        assert session.revoked_at is None
        pair = answers[0].json()
        assert_session_lives(client, pair)

    used = crowd.at_once([partial(c.sessions, pair["access"]) for c in tabs])
    assert [a.status_code for a in used] == [200] * THREADS
    last = client.refresh(pair["refresh"])
    assert last.status_code == 200

    assert_refused(client.refresh(first["refresh"]), TOKEN_REUSED)
    assert_session_is_dead(client, last.json())
    assert_session_is_dead(client, pair)
    assert Session.objects.count() == 1


def test_a_race_of_sixteen_networks_for_one_token_ends_the_session(
    client, user, crowd, clients, security_log
):
    for _ in range(10):
        pair = client.pair(user)
        answers = crowd.at_once([partial(c.refresh, pair["refresh"]) for c in clients])
        winners = [a for a in answers if a.status_code == 200]
        assert len(winners) == 1
        assert "token_reused" in {a.json()["code"] for a in answers if a.status_code == 401}
        assert_session_is_dead(client, winners[0].json())
    assert len(security_log("token_reused")) == 10
    assert security_log("token_replayed") == []


def test_a_race_of_sixteen_replays_ends_the_family_once(
    client, user, crowd, clients, sent, security_log
):
    for _ in range(10):
        oldest = client.pair(user)
        head = client.refresh(client.refresh(oldest["refresh"]).json()["refresh"]).json()
        sent.clear()

        answers = crowd.at_once([partial(c.refresh, oldest["refresh"]) for c in clients])

        assert {a.status_code for a in answers} == {401}
        assert {a.json()["code"] for a in answers} <= {"token_reused", "session_ended"}
        assert "token_reused" in {a.json()["code"] for a in answers}
        assert_session_is_dead(client, head)
        assert [name for name, _ in sent] == ["session_ended", "refresh_token_reused"]
    assert len(security_log("token_reused")) == 10


def test_without_a_grace_one_of_sixteen_wins_the_race_and_the_family_ends(
    client, user, crowd, clients
):
    with override_settings(AUTHKIT={"REFRESH_GRACE_SECONDS": 0}):
        for _ in range(10):
            pair = client.pair(user)
            answers = crowd.at_once([partial(c.refresh, pair["refresh"]) for c in clients])
            winners = [a for a in answers if a.status_code == 200]
            assert len(winners) == 1
            assert {a.status_code for a in answers} == {200, 401}
            assert_session_is_dead(client, winners[0].json())


def in_flight(pairs, clients, times=5):
    """Refresh each pair with a client of its own, several times in a row."""

    def refresh(client, pair):
        answers = [pair]
        for _ in range(times):
            answer = client.refresh(answers[-1]["refresh"])
            assert answer.status_code in (200, 401), answer.content
            if answer.status_code == 401:
                assert answer.json()["code"] == "session_ended"
                break
            answers.append(answer.json())
        return answers

    return [partial(refresh, c, pair) for c, pair in zip(clients, pairs, strict=False)]


def test_ending_all_other_sessions_wins_the_race_against_fifteen_refreshes(
    client, user, crowd, clients
):
    for _ in range(10):
        mine = client.pair(user)
        others = [client.pair(user) for _ in range(THREADS - 1)]

        end_others = partial(clients[-1].delete, AUTH + "sessions/", **bearer(mine["access"]))
        *chains, ended = crowd.at_once([*in_flight(others, clients), end_others])

        assert ended.status_code == 204
        for chain in chains:
            assert_session_is_dead(client, chain[-1])
        assert_session_lives(client, mine)
        assert Session.objects.live().count() == 1
        Session.objects.all().delete()


def test_ending_a_session_wins_the_race_against_fifteen_refreshes_of_it(client, user, crowd, tabs):
    for _ in range(10):
        mine, lost = client.pair(user), client.pair(user)
        session_id = claims_of(lost["access"])["sid"]

        end = partial(tabs[-1].delete, AUTH + f"sessions/{session_id}/", **bearer(mine["access"]))
        *chains, ended = crowd.at_once([*in_flight([lost] * 15, tabs, times=1), end])

        assert ended.status_code == 204
        for chain in chains:
            assert_session_is_dead(client, chain[-1])
        assert_session_lives(client, mine)


def test_a_log_out_wins_the_race_against_fifteen_refreshes(client, user, crowd, tabs):
    for _ in range(10):
        pair = client.pair(user)

        *chains, ended = crowd.at_once(
            [
                *in_flight([pair] * 15, tabs, times=1),
                partial(tabs[-1].revoke, pair["refresh"]),
            ]
        )

        assert ended.status_code == 204
        for chain in chains:
            assert_session_is_dead(client, chain[-1])


def change_password(client, access, current, new):
    body = {"current_password": current, "new_password": new}
    return client.post(AUTH + "password/change/", body, **bearer(access))


def test_a_password_change_wins_the_race_against_fifteen_refreshes(client, user, crowd, clients):
    passwords = [PASSWORD, NEW_PASSWORD] * 5
    for current, new in pairwise(passwords):
        mine = client.pair(user, current)
        others = [client.pair(user, current) for _ in range(THREADS - 1)]

        change = partial(change_password, clients[-1], mine["access"], current, new)
        *chains, changed = crowd.at_once([*in_flight(others, clients), change])

        assert changed.status_code == 204
        for chain in chains:
            assert_session_is_dead(client, chain[-1])
        assert_session_lives(client, mine)


def test_no_log_in_with_the_old_password_outlives_its_change(client, user, crowd, clients):
    passwords = [PASSWORD, NEW_PASSWORD] * 5
    for current, new in pairwise(passwords):
        mine = client.pair(user, current)

        log_ins = [partial(c.log_in, user, current) for c in clients[:-1]]
        change = partial(change_password, clients[-1], mine["access"], current, new)
        *answers, changed = crowd.at_once([*log_ins, change])

        assert changed.status_code == 204
        assert {a.status_code for a in answers} <= {200, 401}
        for answer in answers:
            if answer.status_code == 200:
                assert_session_is_dead(client, answer.json())
        assert_session_lives(client, mine)
        assert client.log_in(user, current).status_code == 401
        Session.objects.all().delete()


def test_no_session_outlives_a_deactivation_in_the_middle_of_refreshes_and_log_ins(
    client, make_user, crowd, clients
):
    for _ in range(10):
        user = make_user()
        pairs = [client.pair(user) for _ in range(8)]

        def deactivate(user=user):
            return get_user_model().objects.filter(pk=user.pk).update(is_active=False)

        *results, changed = crowd.at_once(
            [
                *in_flight(pairs, clients[:8]),
                *[partial(c.log_in, user) for c in clients[8:15]],
                deactivate,
            ]
        )

        assert changed == 1
        for chain in results[:8]:
            assert_session_is_dead(client, chain[-1])
        for answer in results[8:]:
            if answer.status_code == 200:
                assert_session_is_dead(client, answer.json())
