"""Refreshing: one successor, a short grace, and the end of a family whose token was copied."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from authkit.models import SecurityEvent, Session
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from tests.conftest import AUTH, Client, bearer
from tests.database.statements import at_statement
from tests.sessions.answers import (
    TOKEN_REUSED,
    assert_refused,
    assert_session_ended,
    assert_session_is_dead,
    assert_session_lives,
    assert_token_invalid,
)
from tests.sessions.forge import claims_of, sign

pytestmark = pytest.mark.django_db

DAY = 24 * 60 * 60

#: By how many seconds the clocks of servers may differ.
SKEW = 60


def assert_reused(response):
    assert_refused(response, TOKEN_REUSED)


def now():
    return datetime.now(UTC)


def test_the_successor_works_and_so_does_the_access_token_before_it(client, user, clock):
    pair = client.pair(user)
    clock.shift(60)

    successor = client.refresh(pair["refresh"]).json()

    assert successor["access"] != pair["access"]
    assert successor["refresh"] != pair["refresh"]
    assert client.sessions(pair["access"]).status_code == 200
    assert_session_lives(client, successor)
    assert client.refresh(successor["refresh"]).status_code == 200


def test_the_row_moves_on_by_one_generation_and_to_the_time_of_the_refresh(client, user, clock):
    pair = client.pair(user)
    born = now()
    clock.shift(3600)

    client.refresh(pair["refresh"])

    session = Session.objects.get()
    assert session.generation == 1
    assert session.created_at == session.authenticated_at == born
    assert session.last_used_at == now()
    assert session.idle_expires_at == now() + timedelta(days=1)
    assert session.absolute_expires_at == born + timedelta(days=30)
    assert session.revoked_at is None


@pytest.mark.parametrize("seconds", [0, 1, 9, 9.999])
def test_a_replay_within_the_grace_is_idempotent(client, user, clock, sent, seconds):
    pair = client.pair(user)
    clock.shift(60)
    first = client.refresh(pair["refresh"])
    clock.shift(seconds)

    second = client.refresh(pair["refresh"])

    assert second.status_code == 200
    assert second.json()["access"] == first.json()["access"]
    assert second.json()["refresh"] == first.json()["refresh"]
    assert (second.content == first.content) or seconds >= 1
    assert Session.objects.get().generation == 1
    assert [name for name, _ in sent] == ["session_started"]


@pytest.mark.parametrize("seconds", [10, 10.001, 3600, DAY - 1])
def test_reuse_after_the_grace_ends_the_session(client, user, clock, sent, security_log, seconds):
    pair = client.pair(user)
    successor = client.refresh(pair["refresh"]).json()
    clock.shift(seconds)

    answer = client.refresh(pair["refresh"])

    assert_reused(answer)
    assert_session_is_dead(client, pair)
    assert_stolen(client, user, successor, sent, security_log)


def assert_stolen(client, user, successor, sent, security_log):
    session = Session.objects.get()
    assert session.revoked_at == now()
    assert_session_is_dead(client, successor)
    assert sent[1:] == [
        ("session_ended", {"session": session, "reason": "token_reused"}),
        ("refresh_token_reused", {"session": session}),
    ]
    facts = {
        "session": str(session.pk),
        "user": user.pk if isinstance(user.pk, int) else str(user.pk),
        "ip": "127.0.0.1",
    }
    assert security_log("token_reused") == [("CRITICAL", {"event": "token_reused", **facts})]
    assert security_log("session_ended") == [
        ("INFO", {"event": "session_ended", "reason": "token_reused", **facts})
    ]


def test_reuse_after_the_theft_was_detected_is_an_ordinary_refusal(
    client, user, clock, sent, security_log
):
    pair = client.pair(user)
    client.refresh(pair["refresh"])
    clock.shift(10)
    assert_reused(client.refresh(pair["refresh"]))

    assert_session_ended(client.refresh(pair["refresh"]))

    assert [name for name, _ in sent].count("refresh_token_reused") == 1
    assert len(security_log("token_reused")) == 1


def test_a_theft_ends_one_session_and_no_other(client, user, make_user, clock):
    stolen, other, foreign = client.pair(user), client.pair(user), client.pair(make_user())
    client.refresh(stolen["refresh"])
    clock.shift(11)

    assert_reused(client.refresh(stolen["refresh"]))

    assert_session_lives(client, other)
    assert_session_lives(client, foreign)
    assert Session.objects.exclude(revoked_at=None).count() == 1


@pytest.mark.parametrize("ancestor", range(4))
def test_reuse_of_any_ancestor_in_a_chain_of_five_ends_the_family_even_within_the_grace(
    client, user, clock, ancestor
):
    chain = [client.pair(user)]
    for _ in range(5):
        chain.append(client.refresh(chain[-1]["refresh"]).json())

    assert_reused(client.refresh(chain[ancestor]["refresh"]))

    for pair in chain:
        assert_session_is_dead(client, pair)


def test_reuse_is_detected_whether_thief_or_owner_comes_first(client, user, clock):
    for shift in (11, 600):
        stolen = client.pair(user)
        taken = client.refresh(stolen["refresh"]).json()
        clock.shift(shift)
        taken = client.refresh(taken["refresh"]).json()
        assert_reused(client.refresh(stolen["refresh"]))
        assert_session_is_dead(client, taken)


@pytest.mark.parametrize("seconds", [0, 1])
def test_without_a_grace_every_reuse_ends_the_session(client, user, clock, seconds):
    with override_settings(AUTHKIT={"REFRESH_GRACE_SECONDS": 0}):
        pair = client.pair(user)
        successor = client.refresh(pair["refresh"]).json()
        clock.shift(seconds)
        assert_reused(client.refresh(pair["refresh"]))
        assert_session_is_dead(client, successor)


def test_the_grace_is_as_long_as_the_setting_says(client, user, clock):
    with override_settings(AUTHKIT={"REFRESH_GRACE_SECONDS": 45}):
        pair = client.pair(user)
        client.refresh(pair["refresh"])
        clock.shift(44)
        assert client.refresh(pair["refresh"]).status_code == 200
        clock.shift(1)
        assert_reused(client.refresh(pair["refresh"]))


def test_a_shortened_grace_holds_at_once(client, user, clock):
    pair = client.pair(user)
    client.refresh(pair["refresh"])
    clock.shift(5)
    assert client.refresh(pair["refresh"]).status_code == 200
    with override_settings(AUTHKIT={"REFRESH_GRACE_SECONDS": 5}):
        assert_reused(client.refresh(pair["refresh"]))


def test_a_replay_within_the_grace_does_not_lengthen_it(client, user, clock):
    pair = client.pair(user)
    client.refresh(pair["refresh"])
    for _ in range(3):
        clock.shift(3)
        assert client.refresh(pair["refresh"]).status_code == 200
    clock.shift(1)
    assert_reused(client.refresh(pair["refresh"]))


def test_a_spent_token_verifies_within_the_grace_and_not_after_it(client, user, clock, sent):
    pair = client.pair(user)
    successor = client.refresh(pair["refresh"]).json()
    clock.shift(9)
    assert client.verify(pair["refresh"]).status_code == 200
    clock.shift(1)

    assert_token_invalid(client.verify(pair["refresh"]))

    assert_session_lives(client, successor)  # asking is not using
    assert [name for name, _ in sent] == ["session_started"]


def test_a_generation_ahead_of_the_row_is_refused_and_kills_nothing(client, user, clock, sent):
    pair = client.pair(user)
    claims = claims_of(pair["refresh"])

    for ahead in (1, 2, 2**31, 2**63, 10**30):
        assert_token_invalid(client.refresh(sign({**claims, "generation": ahead})))
        assert_token_invalid(client.verify(sign({**claims, "generation": ahead})))

    assert_session_lives(client, pair)
    assert client.refresh(pair["refresh"]).status_code == 200
    assert [name for name, _ in sent] == ["session_started"]


# --- the network of the rotation ---------------------------------------------------------------


def refresh_from(ip, token):
    return Client(REMOTE_ADDR=ip).refresh(token)


NEIGHBOURS = [
    ("192.0.2.1", "192.0.2.1"),
    ("2001:db8::1", "2001:db8::2"),  # one /64 is one client
    ("/run/gunicorn.sock", ""),  # clients without an IP count as one
]
STRANGERS = [
    ("192.0.2.1", "192.0.2.2"),
    ("2001:db8::1", "2001:db8:0:1::1"),
    ("192.0.2.1", "2001:db8::1"),
    ("192.0.2.1", ""),
    ("", "192.0.2.1"),
]


@pytest.mark.parametrize(("first", "second"), NEIGHBOURS)
def test_a_replay_from_the_network_of_the_rotation_gets_the_pair_and_is_recorded(
    client, user, clock, security_log, sent, first, second
):
    pair = client.pair(user)
    clock.shift(60)
    winner = refresh_from(first, pair["refresh"])
    clock.shift(5)
    answers = [refresh_from(second, pair["refresh"]) for _ in range(3)]

    assert {answer.json()["refresh"] for answer in answers} == {winner.json()["refresh"]}
    session = Session.objects.get()
    assert session.replayed_at == now()
    [(level, facts)] = security_log("token_replayed")  # once for each rotation
    assert (level, facts["session"]) == ("WARNING", str(session.pk))
    assert SecurityEvent.objects.get(kind="token_replayed").user_id == user.pk
    [listed] = client.sessions(winner.json()["access"]).json()
    assert datetime.fromisoformat(listed["replayed_at"]) == now().replace(second=0, microsecond=0)
    assert "refresh_token_reused" not in [name for name, _ in sent]


@pytest.mark.addresses
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("first", "second"), STRANGERS)
def test_a_replay_from_another_network_ends_the_session_also_within_the_grace(
    client, make_user, clock, security_log, sent, mailers, mailoutbox, first, second
):
    user = make_user()
    user.email = "ann@example.com"
    user.save()
    pair = client.pair(user)
    successor = refresh_from(first, pair["refresh"]).json()

    assert_reused(refresh_from(second, pair["refresh"]))

    assert_session_is_dead(client, successor)
    assert len(security_log("token_reused")) == 1
    assert SecurityEvent.objects.filter(kind="token_reused", user=user.pk).count() == 1
    assert [mail.to for mail in mailoutbox] == [["ann@example.com"]]


def test_a_thief_who_follows_every_refresh_is_noticed_in_each_round(client, user, clock):
    """The attack: poll ``sessions/`` until the owner has refreshed, then replay the spent token."""
    owner = client.pair(user)
    for _ in range(5):
        clock.shift(60)
        stolen = owner["refresh"]
        owner = client.refresh(stolen).json()
        clock.shift(1)
        assert client.refresh(stolen).status_code == 200  # in the owner's network
        assert Session.objects.get().replayed_at == now()
    assert SecurityEvent.objects.filter(kind="token_replayed").count() == 5

    clock.shift(60)
    stolen = owner["refresh"]
    owner = client.refresh(stolen).json()
    assert_reused(refresh_from("203.0.113.9", stolen))
    assert_session_is_dead(client, owner)


def test_verify_takes_a_spent_token_where_the_refresh_would(client, user, clock):
    pair = client.pair(user)
    client.refresh(pair["refresh"])
    assert client.verify(pair["refresh"]).status_code == 200
    assert_token_invalid(Client(REMOTE_ADDR="203.0.113.9").verify(pair["refresh"]))


def test_the_list_of_sessions_tells_no_moment_finer_than_a_minute(client, user, clock):
    watched, mine = client.pair(user), client.pair(user)
    clock.shift(59)
    client.refresh(watched["refresh"])
    shown = {s["last_used_at"] for s in client.sessions(mine["access"]).json()}
    assert all(datetime.fromisoformat(moment).second == 0 for moment in shown)
    assert len(shown) == 1  # the refresh, 59 seconds after the log-in, does not show


def test_a_refresh_that_is_no_replay_costs_no_statement_more(client, user, clock):
    pair = client.pair(user)
    with CaptureQueriesContext(connection) as queries:
        client.refresh(pair["refresh"])
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "UPDATE"]


# --- lifetimes -------------------------------------------------------------------------------


def test_an_unused_session_runs_out_after_the_idle_lifetime(client, user, clock):
    pair = client.pair(user)
    clock.shift(DAY - 1)
    assert client.verify(pair["refresh"]).status_code == 200
    clock.shift(1)
    assert_session_is_dead(client, pair)


def test_every_refresh_starts_the_idle_lifetime_anew(client, user, clock):
    pair = client.pair(user)
    for _ in range(5):
        clock.shift(DAY - 1)
        answer = client.refresh(pair["refresh"])
        assert answer.status_code == 200
        pair = answer.json()
        assert claims_of(pair["refresh"])["exp"] == int(now().timestamp()) + DAY
    clock.shift(DAY)
    assert_session_is_dead(client, pair)


@override_settings(AUTHKIT={"SESSION_ABSOLUTE_LIFETIME": timedelta(hours=30)})
def test_no_refresh_moves_the_absolute_end(client, user, clock):
    end = int(now().timestamp()) + 30 * 3600
    pair = client.pair(user)
    clock.shift(20 * 3600)
    pair = client.refresh(pair["refresh"]).json()
    assert claims_of(pair["refresh"])["exp"] == end
    clock.shift(10 * 3600 - 60)

    answer = client.refresh(pair["refresh"]).json()

    assert claims_of(answer["refresh"])["exp"] == end
    assert claims_of(answer["access"])["exp"] == end
    assert answer["expires_in"] == 60
    assert Session.objects.get().absolute_expires_at.timestamp() == end + 0.25
    clock.shift(59)
    assert_session_lives(client, answer)
    clock.shift(1)
    assert_session_is_dead(client, answer)


@override_settings(
    AUTHKIT={"SESSION_ABSOLUTE_LIFETIME": timedelta(seconds=100)},
    SIMPLE_JWT={"ACCESS_TOKEN_LIFETIME": timedelta(hours=1)},
)
def test_no_token_outlives_a_session_shorter_than_both_lifetimes(client, user, clock):
    pair = client.pair(user)
    assert pair["expires_in"] == 100
    for token in (pair["access"], pair["refresh"]):
        assert claims_of(token)["exp"] - claims_of(token)["iat"] == 100
    clock.shift(100)
    assert_session_is_dead(client, pair)


@override_settings(SIMPLE_JWT={"REFRESH_TOKEN_LIFETIME": timedelta(seconds=100)})
def test_an_access_token_longer_than_the_idle_lifetime_ends_with_its_session(client, user, clock):
    pair = client.pair(user)
    clock.shift(100)
    assert_session_is_dead(client, pair)


# --- tokens that have expired in a session that has not ----------------------------------------


def test_reuse_ends_the_session_also_after_the_token_has_expired(
    client, user, clock, sent, security_log
):
    """A client that was slower with the same token may come back days later."""
    pair = client.pair(user)
    clock.shift(DAY - 1)
    successor = client.refresh(pair["refresh"]).json()
    clock.shift(DAY - 1)
    successor = client.refresh(successor["refresh"]).json()
    clock.shift(3600)

    assert_reused(client.refresh(pair["refresh"]))

    assert_stolen(client, user, successor, sent, security_log)
    assert_session_ended(client.refresh(pair["refresh"]))


def test_a_token_that_expires_within_the_grace_gets_nothing_and_ends_nothing(client, user, clock):
    pair = client.pair(user)
    clock.shift(DAY - 5)
    successor = client.refresh(pair["refresh"]).json()
    clock.shift(6)

    assert_token_invalid(client.refresh(pair["refresh"]))

    assert_session_lives(client, successor)


def test_an_expired_token_of_the_present_generation_is_an_ordinary_refusal(client, user, clock):
    pair = client.pair(user)
    early = sign({**claims_of(pair["refresh"]), "exp": int(now().timestamp()) + 60})
    clock.shift(60)

    assert_token_invalid(client.refresh(early))

    assert Session.objects.get().generation == 0
    assert_session_lives(client, pair)


@pytest.mark.parametrize(
    "changes",
    [
        {"nbf": 4102444800},
        {"aud": "another"},
        {"iss": "another"},
        {"user_id": "nobody"},
        {"token_type": "access"},
        {},
    ],
    ids=str,
)
@override_settings(SIMPLE_JWT={"AUDIENCE": "ours", "ISSUER": "us"})
def test_an_expired_token_that_is_not_ours_ends_nothing(client, user, clock, changes):
    pair = client.pair(user)
    clock.shift(DAY - 1)
    successor = client.refresh(pair["refresh"]).json()
    clock.shift(60)
    key = None if changes else b"the key of another installation....."
    forged = sign({**claims_of(pair["refresh"]), **changes}, key=key)

    assert_token_invalid(client.refresh(forged))
    assert client.revoke(forged).status_code == 204

    assert_session_lives(client, successor)


@pytest.fixture(params=["unread", "read"])
def watched(request):
    """Whether a receiver needs the sessions that end, so that they have to be read."""
    if request.param == "read":
        request.getfixturevalue("sent")


@pytest.mark.usefixtures("watched")
def test_a_log_out_ends_the_session_of_a_spent_token_that_has_expired(
    client, user, clock, security_log
):
    pair = client.pair(user)
    clock.shift(DAY - 1)
    successor = client.refresh(pair["refresh"]).json()
    clock.shift(60)

    for _ in range(2):
        assert client.revoke(pair["refresh"]).status_code == 204

    assert_session_is_dead(client, successor)
    [(_, facts)] = security_log("session_ended")
    assert facts["reason"] == "log_out"


@pytest.mark.usefixtures("watched")
def test_a_log_out_tells_of_no_session_that_ran_out_by_itself(client, user, clock, security_log):
    pair = client.pair(user)
    clock.shift(DAY + SKEW)

    assert client.revoke(pair["refresh"]).status_code == 204

    assert Session.objects.get().revoked_at is None
    assert security_log("session_ended") == []


def test_a_replay_after_the_session_ran_out_is_no_theft(client, user, clock, sent):
    pair = client.pair(user)
    client.refresh(pair["refresh"])
    clock.shift(DAY)

    assert_session_ended(client.refresh(pair["refresh"]))

    assert [name for name, _ in sent] == ["session_started"]
    assert Session.objects.get().revoked_at is None


def test_a_replay_after_the_log_out_is_no_theft(client, user, clock, sent, security_log):
    pair = client.pair(user)
    successor = client.refresh(pair["refresh"]).json()
    client.revoke(successor["refresh"])
    clock.shift(60)

    assert_session_ended(client.refresh(pair["refresh"]))

    assert [name for name, _ in sent] == ["session_started", "session_ended"]
    assert security_log("token_reused") == []


def test_a_replay_after_the_row_was_purged_is_no_theft(client, user, clock, security_log):
    pair = client.pair(user)
    client.refresh(pair["refresh"])
    Session.objects.all().delete()
    clock.shift(60)

    assert_session_ended(client.refresh(pair["refresh"]))
    assert security_log("token_reused") == []


# --- what happens between reading the row and writing it ---------------------------------------


@pytest.fixture
def in_between():
    """Let something happen once, after a refresh has read the session and before it writes."""
    with ExitStack() as stack:
        yield lambda event: stack.enter_context(at_statement("UPDATE", Session, event))


def test_a_refresh_that_loses_the_race_gets_the_winners_pair(client, user, clock, in_between):
    pair = client.pair(user)
    winners = []
    in_between(lambda: winners.append(client.refresh(pair["refresh"])))

    loser = client.refresh(pair["refresh"])

    assert loser.status_code == winners[0].status_code == 200
    assert loser.content == winners[0].content
    assert Session.objects.get().generation == 1
    assert client.refresh(loser.json()["refresh"]).status_code == 200


def test_a_session_that_is_ended_in_a_race_with_a_refresh_stays_ended(
    client, user, clock, in_between, sent
):
    pair, other = client.pair(user), client.pair(user)
    in_between(lambda: client.delete(AUTH + "sessions/", **bearer(other["access"])))

    assert_session_ended(client.refresh(pair["refresh"]))

    assert_session_is_dead(client, pair)
    assert "refresh_token_reused" not in [name for name, _ in sent]
    assert Session.objects.get(pk=claims_of(pair["refresh"])["sid"]).generation == 0


def test_a_user_who_is_deleted_in_a_race_with_a_refresh_gets_nothing(
    client, user, clock, in_between
):
    pair = client.pair(user)
    in_between(user.delete)

    assert_session_ended(client.refresh(pair["refresh"]))


def test_a_password_changed_elsewhere_in_the_middle_of_a_refresh_ends_the_session(
    client, user, clock, in_between
):
    pair = client.pair(user)

    def change():
        user.set_password("another long password")
        user.save()

    in_between(change)
    answer = client.refresh(pair["refresh"])

    if answer.status_code == 200:
        assert_session_is_dead(client, answer.json())
    assert_session_is_dead(client, pair)


# --- the refusal must not undo what it did -----------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_stolen_family_outlives_its_own_refusal(client, user, clock):
    pair = client.pair(user)
    successor = client.refresh(pair["refresh"]).json()
    clock.shift(10)

    assert_reused(client.refresh(pair["refresh"]))

    assert Session.objects.get().revoked_at == now()
    assert_session_is_dead(client, successor)
