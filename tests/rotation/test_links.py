"""Mailed links work, and e-mail addresses stay taken, while SECRET_KEY is rotated."""

import re
from functools import partial

import pytest
from authkit.accounts.email_verification import LIFETIME
from authkit.accounts.names import claim_names, find_owner
from authkit.models import AccountName, Registration, UnverifiedEmail
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from tests.accounts.calls import (
    EMAIL,
    ON,
    USER,
    ExceptAnnouncements,
    change,
    open_link,
    post,
    register,
    resend,
    token_in,
    verify,
)
from tests.accounts.test_registration import cost, make
from tests.conftest import PASSWORD
from tests.rotation.deployment import in_process_at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.addresses]

ANN = "ann@example.com"
RESET_PAGE = "https://app.example/reset#uid={uid}&token={token}"
AT_ONCE = {**ON, "EMAIL_VERIFICATION_REQUIRED": False, "PASSWORD_RESET_URL": RESET_PAGE}
COLUMNS = {USER.USERNAME_FIELD, EMAIL}


@pytest.fixture(autouse=True)
def _on(settings):
    settings.AUTHKIT = AT_ONCE


@pytest.fixture
def mailoutbox(mailoutbox):
    return ExceptAnnouncements(mailoutbox)


@pytest.fixture
def proved_first(settings):
    settings.AUTHKIT = ON


def subjects(mailoutbox):
    return [message.subject for message in mailoutbox]


# --- accounts that are not proved --------------------------------------------------------------


@pytest.mark.parametrize("link", ["the first", "another"])
def test_an_unproved_account_is_verified(client, mailoutbox, rotate, link):
    register(client, ANN)
    rotate()
    if link == "another":
        assert resend(client, ANN).status_code == 202
        assert len(mailoutbox) == 2
    assert verify(client, token_in(mailoutbox[-1])).status_code == 202
    assert not UnverifiedEmail.objects.exists()


def test_an_unproved_account_is_not_registered_twice(client, mailoutbox, rotate):
    register(client, ANN)
    rotate()
    for spelling in (ANN, "Ann@EXAMPLE.com"):
        assert register(client, spelling, "other").status_code == 202
    assert USER.objects.count() == 1
    assert len(mailoutbox) == 3
    assert mailoutbox[-1].to == [ANN]


def test_after_the_command_it_outlives_the_old_key(client, mailoutbox, rotate, remove_old_key):
    register(client, ANN)
    rotate()
    remove_old_key(carried_over=True)
    assert AccountName.objects.count() == len(COLUMNS)
    resend(client, ANN)
    assert verify(client, token_in(mailoutbox[-1])).status_code == 202
    assert not UnverifiedEmail.objects.exists()


def test_without_the_old_key_it_gets_no_link(client, mailoutbox, rotate, remove_old_key):
    register(client, ANN)
    rotate()
    remove_old_key(carried_over=False)
    assert open_link(client, token_in(mailoutbox[-1])).status_code == 400
    resend(client, ANN)
    assert "#token=" not in mailoutbox[-1].body  # the account exists, it says
    register(client, ANN, "other")
    assert USER.objects.count() == 1


# --- registrations -----------------------------------------------------------------------------


@pytest.mark.usefixtures("proved_first")
@pytest.mark.parametrize("link", [0, 1])
def test_a_registration_becomes_an_account(client, mailoutbox, rotate, link):
    """Of registrations under both keys, the one with the password is taken, and none is left."""
    register(client, ANN)
    rotate()
    register(client, ANN, password="another correct horse")
    resend(client, ANN)
    assert len(mailoutbox) == 3
    assert verify(client, token_in(mailoutbox[link])).status_code == 202
    assert USER.objects.get().check_password(PASSWORD)
    assert not Registration.objects.exists()


@pytest.mark.usefixtures("proved_first")
@pytest.mark.parametrize("carried_over", [True, False])
def test_without_the_old_key_its_link_works_and_no_other_is_sent(
    client, mailoutbox, rotate, remove_old_key, carried_over
):
    register(client, ANN)
    rotate()
    remove_old_key(carried_over=carried_over)
    resend(client, ANN)
    assert len(mailoutbox) == 1
    assert verify(client, token_in(mailoutbox[0])).status_code == 202
    assert USER.objects.count() == 1


@pytest.mark.usefixtures("proved_first")
def test_mails_to_one_address_stay_limited(client, mailoutbox, clock, rotate):
    for _ in range(3):
        register(client, ANN)
    rotate()
    for _ in range(4):
        register(client, ANN)
    assert len(mailoutbox) == 5
    assert LIFETIME.total_seconds() == 24 * 3600  # the page tells for how long to keep the key


# --- change of an e-mail address ---------------------------------------------------------------


@pytest.fixture
def person():
    return make(ANN, "reader")


def test_a_change_is_confirmed_and_undone(client, person, mailoutbox, rotate):
    access = client.pair(person)["access"]
    change(client, access, "new@example.com")
    rotate()
    assert open_link(client, token_in(mailoutbox[0])).status_code == 202
    assert getattr(USER.objects.get(), EMAIL) == "new@example.com"
    assert open_link(client, token_in(mailoutbox[1])).status_code == 202
    assert getattr(USER.objects.get(), EMAIL) == ANN


def moved(client, person, mailoutbox):
    change(client, client.pair(person)["access"], "new@example.com")
    open_link(client, token_in(mailoutbox[0]))
    return token_in(mailoutbox[1])


def test_the_old_address_stays_reserved_while_it_can_be_undone(client, person, mailoutbox, rotate):
    undo = moved(client, person, mailoutbox)
    rotate()
    assert find_owner(EMAIL, ANN) == person
    register(client, ANN, "thief")
    assert USER.objects.count() == 1
    assert open_link(client, undo).status_code == 202
    assert getattr(USER.objects.get(), EMAIL) == ANN


@pytest.mark.parametrize("flow", ["password", "e-mail"])
def test_a_change_by_its_user_keeps_the_link_that_undoes(client, person, mailoutbox, rotate, flow):
    undo = moved(client, person, mailoutbox)
    rotate()
    present = USER.objects.get()
    access = client.pair(present)["access"]
    if flow == "password":
        body = {"current_password": PASSWORD, "new_password": "another correct horse"}
        assert post(client, "password/change/", body, access).status_code == 204
    else:
        change(client, access, "third@example.com")
        open_link(client, token_in(mailoutbox[-1]))
    assert open_link(client, undo).status_code == 202
    assert getattr(USER.objects.get(), EMAIL) == ANN


def test_without_the_old_key_no_link_of_an_account_works(client, person, mailoutbox, at_step):
    undo = moved(client, person, mailoutbox)
    at_step("removed")
    assert open_link(client, undo).status_code == 400


@pytest.mark.parametrize(("step", "status"), [("rotated", 204), ("removed", 400)])
def test_a_password_is_reset_while_the_old_key_is_known(
    client, person, mailoutbox, at_step, step, status
):
    post(client, "password/reset/", {"email": ANN})
    [(uid, token)] = re.findall(r"#uid=([\w-]+)&token=([\w-]+)", mailoutbox[0].body)
    at_step(step)
    body = {"uid": uid, "token": token, "new_password": "another correct horse"}
    assert post(client, "password/reset/confirm/", body).status_code == status


# --- claims to names ---------------------------------------------------------------------------


def claims():
    return set(AccountName.objects.values_list("pk", flat=True))


def claim(user):
    setattr(user, EMAIL, ANN)
    claim_names(user, [EMAIL])


@pytest.mark.parametrize(
    "steps", [("before", "rotated"), ("announced", "rotated"), ("rotated", "removed")]
)
@pytest.mark.parametrize("order", [1, -1])
def test_two_processes_cannot_claim_one_address(processes, steps, order):
    """Whether or not they know each other's key: each claims under every key that it knows."""
    first, second = steps[::order]
    in_process_at(first, partial(claim, make(ANN)))()
    with pytest.raises(IntegrityError):
        in_process_at(second, partial(claim, make("two@example.com")))()


def test_the_command_renames_each_claim_once(client, rotate, capsys):
    register(client, ANN)
    before = claims()
    rotate()
    register(client, "eve@example.com")
    for _ in range(2):
        call_command("authkit_rotate_keys")
    lines = [line for line in capsys.readouterr().out.splitlines() if "carried" in line]
    number = 2 * len(COLUMNS)
    assert lines == [f"{n} names carried over to SECRET_KEY." for n in (number, 0)]
    assert claims().isdisjoint(before)
    assert len(claims()) == number


def test_a_registration_costs_no_statement_more(client, at_step):
    costs = set()
    for number, step in enumerate(["before", "announced", "removed"]):
        at_step(step)
        with CaptureQueriesContext(connection) as queries:
            register(client, f"user{number}@example.com")
        costs.add(tuple(cost(query for query in queries if "requestcount" not in query["sql"])))
    assert len(costs) == 1
