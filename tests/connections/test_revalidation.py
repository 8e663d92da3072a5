"""What ends a connection at the next re-validation, and what does not."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from authkit.connections.registry import Connection
from authkit.connections.revalidation import BATCH, revalidate
from authkit.core import clock as authkit_clock
from authkit.models import APIKey, Session
from django.contrib.auth import get_user_model
from django.test import override_settings

pytestmark = pytest.mark.django_db


def code(connection):
    revalidate([connection])
    return connection.error and connection.error.get_codes()


def users(user):
    return get_user_model().objects.filter(pk=user.pk)


def test_a_connection_whose_session_lives_goes_on(user, connect):
    connection = connect(user)
    connection.checked_at = 0
    assert code(connection) is None
    assert connection.checked_at > 0
    assert connection.principal.user == user


def _log_out(session, user):
    Session.objects.filter(pk=session.pk).update(revoked_at=session.created_at)


def _delete_session(session, user):
    Session.objects.filter(pk=session.pk).delete()


def _deactivate(session, user):
    users(user).update(is_active=False)


def _change_password(session, user):
    user.set_password("another correct horse")
    users(user).update(password=user.password)


def _delete(session, user):
    user.delete()


ENDS = [_log_out, _delete_session, _deactivate, _change_password, _delete]


@pytest.mark.parametrize("act", ENDS)
def test_it_ends_with_its_session(user, make_user, connect, act):
    connection, other = connect(user), connect(make_user())
    act(connection.principal.session, user)
    assert code(connection) == "session_ended"
    assert code(other) is None


def test_it_ends_where_its_session_runs_out(user, connect):
    connection = connect(user)
    past = connection.principal.session.created_at - timedelta(seconds=1)
    Session.objects.update(idle_expires_at=past)
    assert code(connection) == "session_ended"


def test_it_outlives_its_access_token(clock, user, connect):
    connection = connect(user)
    clock.shift(3600)
    assert connection.principal.auth.claims.has_expired()
    assert code(connection) is None


def test_it_ends_where_its_session_owes_a_factor(user, connect):
    connection = connect(user)
    with override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": "all"}):
        assert code(connection) == "second_factor_enrolment_required"


@pytest.mark.parametrize(
    "changes",
    [
        {"revoked": True},
        {"expiry_date": "2001-01-01T00:00Z"},
        {"networks": "10.0.0.0/8"},
        {"rate": "never"},
        {"hashed_key": "sha512$$0"},
    ],
)
def test_it_ends_with_its_key(user, make_key, connect, changes):
    row, key = make_key(owner=user)
    connection = connect(key=key)
    other = connect(key=make_key(owner=user)[1])
    APIKey.objects.filter(pk=row.pk).update(**changes)
    assert code(connection) == "api_key_invalid"
    assert code(other) is None


@pytest.mark.parametrize("act", [_deactivate, _delete])
def test_it_ends_with_the_owner_of_its_key(user, make_key, connect, act):
    connection = connect(key=make_key(owner=user)[1])
    act(None, user)
    assert code(connection) == "api_key_invalid"


def test_that_of_a_service_has_no_owner_to_end_with(make_key, connect):
    row, key = make_key()
    connection = connect(key=key)
    assert code(connection) is None
    row.delete()
    assert code(connection) == "api_key_invalid"


def test_a_rotated_key_ends_when_its_overlap_does(clock, user, make_key, connect):
    from_before, key = make_key(owner=user)
    connection = connect(key=key)
    *_, hashed = APIKey.objects.key_generator.generate()
    until = authkit_clock.now() + timedelta(minutes=5)
    APIKey.objects.filter(pk=from_before.pk).update(
        hashed_key=hashed, retiring_hash=from_before.hashed_key, retiring_until=until
    )
    assert [code(connection), code(connection)] == [None, None]
    clock.shift(301)
    assert code(connection) == "api_key_invalid"


def test_permissions_see_what_has_changed(user, make_key, connect):
    row, key = make_key(owner=user, scopes=["books:read"])
    connection = connect(key=key)
    APIKey.objects.filter(pk=row.pk).update(scope="books:write")
    assert code(connection) is None
    assert connection.principal.auth.scopes == ["books:write"]


def test_an_end_is_told_once(user, connect):
    connection = connect(user)
    woken = []
    connection.wake = lambda: woken.append(connection.error)
    _deactivate(None, user)
    revalidate([connection])
    revalidate([connection])
    assert woken == [connection.error]


def test_one_query_reads_up_to_500_of_them(
    user, make_user, make_key, connect, django_assert_num_queries
):
    assert BATCH == 500
    connections = [connect(user), connect(user), connect(make_user())]
    with django_assert_num_queries(1):
        revalidate(connections)
    keys = [connect(key=make_key(owner=user)[1]) for _ in range(2)]
    with django_assert_num_queries(2):
        revalidate([*connections, *keys])
    with django_assert_num_queries(0):
        revalidate([])


def test_two_thousand_cost_four_queries(user, connect, django_assert_num_queries):
    connections = [connect(user)]
    session = connections[0].principal.session
    names = [field.attname for field in Session._meta.concrete_fields if not field.primary_key]
    columns = {name: getattr(session, name) for name in names}
    sessions = [Session(pk=uuid4(), **columns) for _ in range(1999)]
    Session.objects.bulk_create(sessions, batch_size=50)
    connections += [like(connections[0], one) for one in sessions]
    Session.objects.filter(pk=sessions[-1].pk).delete()
    with django_assert_num_queries(4):
        revalidate(connections)
    assert [one for one in connections if one.error] == connections[-1:]


def like(connection, session):
    auth = replace(connection.principal.auth, session=session)
    return Connection(replace(connection.principal, auth=auth), connection.client)
