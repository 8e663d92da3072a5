"""What is announced, and what it costs where there are no connections."""

import pytest
from authkit.connections import notices, registry
from authkit.connections.registry import target
from authkit.core.event_kinds import KINDS
from authkit.models import APIKey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def announced(monkeypatch):
    found = []
    monkeypatch.setattr(notices, "announce", found.extend)
    return found


def test_a_log_in_announces_nothing(client, user, announced):
    client.refresh(client.pair(user)["refresh"])
    assert announced == []


def test_new_users_and_keys_are_nothing_to_announce(make_user, announced):
    APIKey.objects.create_key(name="job", owner=make_user())
    assert announced == []


def test_a_session_is_announced_alone(client, user, announced):
    pair = client.pair(user)
    (session,) = client.sessions(pair["access"]).json()
    client.revoke(pair["refresh"])
    assert announced == [f"session:{session['id']}"]


def test_users_and_keys_are(user, announced):
    key, _ = APIKey.objects.create_key(name="job", owner=user)
    user.is_active = False
    user.save()
    key.name = "another"
    key.save()
    assert announced == [target("user", user.pk), target("key", key.pk)]


def test_every_kind_of_event_exists():
    kinds = notices.OF_KEYS | notices.OF_SESSIONS | notices.OF_USERS
    assert kinds <= set(KINDS)


def test_without_connections_and_a_layer_nothing_waits_for_a_commit(
    user, django_capture_on_commit_callbacks
):
    assert registry.is_empty()
    with django_capture_on_commit_callbacks() as callbacks:
        user.save()
    assert callbacks == []


def test_a_handshake_that_read_its_row_before_is_checked(user, connect):
    notices.announce([target("user", user.pk)])
    connection = connect(user)
    registry.discard(connection)
    assert registry.add(connection)
