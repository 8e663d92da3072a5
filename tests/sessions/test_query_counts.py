"""What a request costs in statements and rows. Counted, never timed."""

import pytest
from authkit.models import Session
from authkit.signals import session_ended
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import AUTH, bearer
from tests.login.test_login import COUNTED_AGAIN, COUNTED_FIRST, words

pytestmark = pytest.mark.django_db


def test_an_authenticated_request_costs_one_query_before_the_views_own(
    client, user, django_assert_num_queries
):
    access = client.pair(user)["access"]

    with django_assert_num_queries(1) as queries:
        assert client.patch(AUTH + "sessions/", **bearer(access)).status_code == 405
    assert queries[0]["sql"].startswith("SELECT")
    with django_assert_num_queries(2):
        assert client.sessions(access).status_code == 200


def test_an_authenticated_request_writes_nothing(client, user, clock, django_assert_num_queries):
    access = client.pair(user)["access"]
    before = list(Session.objects.values())
    clock.shift(60)

    with django_assert_num_queries(2) as queries:
        client.sessions(access)

    assert all(query["sql"].startswith("SELECT") for query in queries)
    assert list(Session.objects.values()) == before


def test_a_refresh_costs_two_statements(client, user, clock, django_assert_num_queries):
    refresh = client.pair(user)["refresh"]
    clock.shift(60)

    with django_assert_num_queries(2) as queries:
        assert client.refresh(refresh).status_code == 200

    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "UPDATE"]


def test_a_second_refresh_within_the_grace_costs_five_statements_and_a_third_three(
    client, user, clock
):
    refresh = client.pair(user)["refresh"]
    client.refresh(refresh)

    # The session; when it was rotated, by the clock of the database; the replay, whose first is an
    # event; how many there are of this network; it.
    asked = ["SELECT", "SELECT", "UPDATE"]
    for costs in ([*asked, "SELECT", "INSERT"], asked):
        with CaptureQueriesContext(connection) as queries:
            assert client.refresh(refresh).status_code == 200
        assert words(queries) == costs


def test_a_log_in_costs_ten_statements_and_twelve_from_a_new_place(client, user):
    # In one transaction: the user is locked; whether there is a second factor, which is asked
    # after the lock, so that a concurrent enrolment waits, and ends the session; the session; the
    # network is known; last_login; the event.
    log_in = ["UPDATE", "SELECT", "INSERT", "UPDATE", "UPDATE", "INSERT"]
    # The count; the user; what forgives it, now that the password was right.
    for count in (COUNTED_FIRST, COUNTED_AGAIN, COUNTED_AGAIN):
        with CaptureQueriesContext(connection) as queries:
            assert client.log_in(user).status_code == 200
        assert words(queries) == [*count, "SELECT", "UPDATE", *log_in]


def test_a_log_out_costs_two_statements(client, user):
    refresh = client.pair(user)["refresh"]

    with CaptureQueriesContext(connection) as queries:
        assert client.revoke(refresh).status_code == 204

    # The end of the session, and the event.
    assert words(queries) == ["UPDATE", "INSERT"]


def test_a_log_out_costs_three_where_a_receiver_needs_the_session(client, user):
    refresh, seen = client.pair(user)["refresh"], []

    def look(sender, session, **kwargs):
        seen.append(session.user)

    session_ended.connect(look, sender=Session)
    try:
        with CaptureQueriesContext(connection) as queries:
            assert client.revoke(refresh).status_code == 204
    finally:
        session_ended.disconnect(look, sender=Session)
    assert words(queries) == ["SELECT", "UPDATE", "INSERT"]
    assert seen == [user]


def test_a_verification_costs_one_query(client, user, django_assert_num_queries):
    pair = client.pair(user)

    for token in (pair["access"], pair["refresh"]):
        with django_assert_num_queries(1):
            assert client.verify(token).status_code == 200


def test_a_dead_session_costs_one_query(client, user, django_assert_num_queries):
    pair = client.pair(user)
    client.revoke(pair["refresh"])

    for use, token in [
        (client.sessions, pair["access"]),
        (client.refresh, pair["refresh"]),
        (client.verify, pair["access"]),
    ]:
        with django_assert_num_queries(1):
            assert use(token).status_code == 401


def test_no_credential_costs_no_query(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get(AUTH + "sessions/").status_code == 401


def test_the_list_of_sessions_costs_the_same_for_one_and_for_twenty(
    client, user, django_assert_num_queries
):
    access = client.pair(user)["access"]
    for _ in range(19):
        client.pair(user)

    with django_assert_num_queries(2):
        assert len(client.sessions(access).json()) == 20


def rows():
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def test_fifty_refreshes_add_no_row_to_any_table(client, user, clock):
    pair = client.pair(user)
    before = rows()

    for _ in range(50):
        clock.shift(30)
        pair = client.refresh(pair["refresh"]).json()

    assert rows() == before
    assert Session.objects.get().generation == 50
    assert client.sessions(pair["access"]).status_code == 200
