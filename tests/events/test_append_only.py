"""Events are added, and neither changed nor taken away."""

import pytest
from authkit.events.flows import pseudonymise, record
from authkit.models import SecurityEvent
from django.db import IntegrityError, transaction

pytestmark = pytest.mark.django_db

SENTENCE = "append-only"


@pytest.fixture
def event(user):
    record("account_unlocked", user=user.pk)
    return SecurityEvent.objects.get()


CHANGES = {
    "save": lambda event: event.save(),
    "save of a column": lambda event: event.save(update_fields=["kind"]),
    "delete": lambda event: event.delete(),
    "update": lambda event: SecurityEvent.objects.update(kind="other"),
    "filtered update": lambda event: SecurityEvent.objects.filter(pk=event.pk).update(kind="other"),
    "bulk_update": lambda event: SecurityEvent.objects.bulk_update([event], ["kind"]),
    "update_or_create": lambda event: SecurityEvent.objects.update_or_create(
        pk=event.pk, defaults={"kind": "other"}
    ),
    "upsert": lambda event: SecurityEvent.objects.bulk_create(
        [event], update_conflicts=True, unique_fields=["id"], update_fields=["kind"]
    ),
    "delete all": lambda event: SecurityEvent.objects.all().delete(),
    "of a user": lambda event: event.user.authkit_events.all().delete(),
    "of a user, changed": lambda event: event.user.authkit_events.update(kind="other"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_refused_with_a_sentence(event, change):
    event.kind = "other"
    with pytest.raises(TypeError, match=SENTENCE):
        CHANGES[change](event)
    assert SecurityEvent.objects.get().kind == "account_unlocked"


def test_a_second_event_with_the_id_of_the_first_does_not_replace_it(event):
    other = SecurityEvent(pk=event.pk, kind="other", created_at=event.created_at)
    with pytest.raises(IntegrityError), transaction.atomic():
        other.save()
    assert SecurityEvent.objects.get().kind == "account_unlocked"


def test_a_new_one_can_be_saved(event):
    SecurityEvent(kind="login_failed", created_at=event.created_at).save()
    SecurityEvent.objects.create(kind="login_failed", created_at=event.created_at)
    SecurityEvent.objects.bulk_create(
        [SecurityEvent(kind="login_failed", created_at=event.created_at)]
    )
    assert SecurityEvent.objects.count() == 4


def test_an_event_outlives_its_user(event, user, django_assert_num_queries):
    user.delete()
    event.refresh_from_db()
    assert (event.user, event.kind) == (None, "account_unlocked")


def test_a_user_who_is_pseudonymised_leaves_what_happened_and_when(client, user, make_user):
    other = make_user()
    client.pair(other)
    pair = client.pair(user)
    client.log_in(user, "wrong")
    client.revoke(pair["refresh"])
    before = list(SecurityEvent.objects.filter(user=user).values_list("pk", "kind", "created_at"))

    pseudonymise(user)

    mine = SecurityEvent.objects.exclude(user=other)
    assert sorted(mine.values_list("pk", "kind", "created_at")) == sorted(before)
    assert len(before) == 3
    anonymised = {
        "user": None,
        "session_id": None,
        "ip": None,
        "network": "",
        "user_agent": "",
        "facts": {},
    }
    assert all(row == anonymised for row in mine.values(*anonymised))
    assert SecurityEvent.objects.get(user=other).ip == "127.0.0.1"


def test_a_pseudonymised_user_comes_back_with_what_undoes_it(user, event):
    with transaction.atomic():
        pseudonymise(user)
        assert not SecurityEvent.objects.filter(user=user).exists()
        transaction.set_rollback(True)
    assert SecurityEvent.objects.get().user == user
