"""A fault at every statement of every flow: 503 spent nothing, and what was answered holds."""

from itertools import count

import pytest
from authkit.core.identity.models import OneTimeLink
from authkit.models import APIKey, RecoveryCode, Session, TOTPDevice
from django.contrib.auth import get_user_model

from tests.conftest import Client, has_column
from tests.faults.flows import FLOWS, WITH_EMAIL
from tests.faults.injection import Cut, Fault, Killed, KilledThere, Refused, injected

pytestmark = pytest.mark.django_db(transaction=True)

FLOWS = [flow for flow in FLOWS if has_column("email") or flow not in WITH_EMAIL]

#: Where more than one statement changes something.
OF_SEVERAL_CHANGES = [
    flow for flow in FLOWS if flow.__name__ not in ("refresh", "log_out", "reauthentication")
]

#: No flow has that many statements.
MANY = 100

URLS = {"EMAIL_VERIFICATION_URL": "https://app.example/#{token}", "REGISTRATION": True}


class World:
    """Makes users for the flows."""

    def __init__(self, make_user, enrol, clock):
        self.make_user, self.enrol, self.clock = make_user, enrol, clock
        self.numbers = count()

    def user(self):
        by_email = get_user_model().USERNAME_FIELD == "email"
        name = f"world{next(self.numbers)}"
        more = {} if by_email or not has_column("email") else {"email": f"{name}@example.com"}
        return self.make_user(name, **more)

    def owner(self):
        return self.enrol(self.user())


@pytest.fixture
def world(make_user, enrol, clock, settings, mailers):
    settings.AUTHKIT = URLS
    return World(make_user, enrol, clock)


def rows(user):
    """Everything of a user that can be spent, begun, changed or ended; no counts of attempts."""
    of_user = {
        get_user_model(): {"pk": user.pk},
        Session: {"user": user.pk},
        TOTPDevice: {"user": user.pk},
        RecoveryCode: {"user": user.pk},
        APIKey: {"owner": user.pk},
        OneTimeLink: {"user": user.pk},
    }
    found = {
        model: list(model._base_manager.filter(**its).order_by("pk").values())
        for model, its in of_user.items()
    }
    for session in found[Session]:
        del session["pending_tries"]
    return found


def shape(user):
    """What kind of state the rows are in, the same for every user who has done the same."""
    found = rows(user)
    return {
        "users": [one["is_active"] for one in found[get_user_model()]],
        "passwords": [one.check_password("another correct horse") for one in user_again(user)],
        "sessions": sorted(
            (
                one["methods"],
                one["generation"],
                one["pending_until"] is None,
                one["revoked_at"] is None,
            )
            for one in found[Session]
        ),
        "devices": sorted(one["confirmed"] for one in found[TOTPDevice]),
        "codes": len(found[RecoveryCode]),
        "keys": [
            (one["name"], one["revoked"], one["retiring_hash"] != "") for one in found[APIKey]
        ],
        "links": sorted(one["purpose"] for one in found[OneTimeLink]),
    }


def user_again(user):
    return get_user_model()._base_manager.filter(pk=user.pk)


def statements_of(flow, world):
    """Make the request once, without a fault; return its statements, and the state after it."""
    user, call = flow(world)
    with injected(Fault()) as counted:
        answer = call(Client())
    assert answer.status_code < 300, answer.content
    assert 0 < counted.seen < MANY
    return counted.seen, shape(user)


def assert_each_fault_is_whole(flow, world, kind):
    number, after = statements_of(flow, world)
    for statement in range(number):
        user, call = flow(world)
        before = rows(user)
        fault = kind(statement)
        with injected(fault):
            answer = call(Client())
        where = f"statement {statement} of {number}"
        if answer.status_code < 300:
            assert shape(user) == after, where
            continue
        assert answer.status_code == 503, (where, answer.content)
        assert answer["Retry-After"], where
        assert rows(user) == before, where
        answer = call(Client())
        assert answer.status_code < 300, (where, answer.content)
        assert shape(user) == after, where


@pytest.mark.slow
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_a_statement_that_is_refused_spends_nothing(flow, world):
    assert_each_fault_is_whole(flow, world, Refused)


@pytest.mark.concurrency
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_a_connection_that_is_cut_spends_nothing(flow, world):
    assert_each_fault_is_whole(flow, world, Cut)


@pytest.mark.concurrency  # in memory a database ends with its connection
@pytest.mark.parametrize("flow", OF_SEVERAL_CHANGES, ids=lambda flow: flow.__name__)
def test_a_process_that_is_killed_leaves_the_state_before_or_after(flow, world):
    number, after = statements_of(flow, world)
    for statement in range(number):
        user, call = flow(world)
        before = rows(user)
        with injected(KilledThere(statement)), pytest.raises(Killed):
            call(Client())
        where = f"statement {statement} of {number}"
        if rows(user) == before:
            answer = call(Client())
            assert answer.status_code < 300, (where, answer.content)
        assert shape(user) == after, where
