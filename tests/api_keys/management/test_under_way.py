"""Requests under way, and what the owner does meanwhile, in real threads.

The request of an attacker with a copied token has been authenticated; it is paused where it would
lock the account, or has.
"""

import pytest
from authkit.models import APIKey, SecurityEvent
from django.contrib.auth import get_user_model

from tests.api_keys.calls import Person
from tests.conftest import AUTH, PASSWORD, Client, bearer
from tests.database.paused import paused

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

USER = get_user_model()


@pytest.fixture
def attacker(user):
    return Person(Client(), user)


@pytest.fixture
def owner(user):
    return bearer(Client().pair(user)["access"])


def ends_other_sessions(headers):
    assert Client().delete(AUTH + "sessions/", **headers).status_code == 204


def changes_the_password(headers):
    body = {"current_password": PASSWORD, "new_password": "another battery staple"}
    assert Client().post(AUTH + "password/change/", body, **headers).status_code == 204


REQUESTS = {
    "create": lambda person, made: person.create(),
    "rotate": lambda person, made: person.rotate(made["id"], overlap_seconds=600),
    "change": lambda person, made: person.change(made["id"], expires_at=None, name="mine"),
}


@pytest.mark.parametrize("happens", [ends_other_sessions, changes_the_password])
@pytest.mark.parametrize("request_of", REQUESTS.values(), ids=REQUESTS)
def test_a_request_under_way_makes_no_key_any_more(
    attacker, owner, request_of, happens, security_log
):
    made = attacker.made()
    seen = len(SecurityEvent.objects.filter(kind__startswith="api_key"))
    with paused(lambda: request_of(attacker, made), "UPDATE", USER) as answers:
        happens(owner)
        before = list(APIKey.objects.order_by("pk").values())
    assert (answers[0].status_code, answers[0].json()["code"]) == (401, "session_ended")
    assert "key" not in answers[0].json()
    assert list(APIKey.objects.order_by("pk").values()) == before
    assert len(SecurityEvent.objects.filter(kind__startswith="api_key")) == seen
    assert not security_log("api_key_rotated") + security_log("api_key_changed")


@pytest.mark.parametrize("request_of", REQUESTS.values(), ids=REQUESTS)
def test_what_was_first_is_told_to_the_owner(attacker, owner, request_of):
    """The owner's log-out waits for the transaction, and sees in events and list what it made."""
    made = attacker.made()
    with paused(lambda: request_of(attacker, made), "UPDATE", USER, after=True) as answers:
        pass
    assert answers[0].status_code in (200, 201)
    ends_other_sessions(owner)
    assert attacker.list().status_code == 401
    kinds = SecurityEvent.objects.filter(kind__startswith="api_key").values_list("kind", flat=True)
    assert len(kinds) == 2
