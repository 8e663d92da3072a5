"""Attackers with the password or a copied access token, and the owner's ways back."""

import pytest
from authkit.accounts.confirmed.email_change import UNDO_LIFETIME
from authkit.models import OneTimeLink, Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.accounts.calls import (
    ANNOUNCEMENT,
    EMAIL,
    ON,
    USER,
    change,
    open_link,
    post,
    register,
    resend,
    take_password,
    token_in,
    verify,
)
from tests.accounts.test_deletion import delete
from tests.accounts.test_registration import LINK_INVALID, make
from tests.conftest import AUTH, PASSWORD, Client, bearer
from tests.database.statements import at_statement
from tests.factors.calls import confirm, disable, set_up
from tests.factors.phone import Phone
from tests.sessions.answers import (
    CHALLENGE,
    INVALID_CREDENTIALS,
    assert_refused,
    assert_session_ended,
    assert_session_lives,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.addresses]

OLD, THIEF, THIRD = "old@example.com", "thief@example.com", "third@example.com"
OTHER = "another battery staple"
REQUIRED = ["This field is required."]


@pytest.fixture(autouse=True)
def _on(settings):
    settings.AUTHKIT = {**ON, "PASSWORD_RESET_URL": "https://app.example/reset#{uid}&{token}"}


@pytest.fixture
def person():
    return make(OLD, "reader")


@pytest.fixture
def move(person, mailoutbox):
    """A function that moves the account to an address, as a thief who has the password does."""

    def move(new, password=PASSWORD):
        thief = Client()
        answer = change(thief, thief.pair(present(person), password)["access"], new, password)
        assert answer.status_code == 202, answer.content
        assert open_link(thief, token_in(last_to(mailoutbox, new))).status_code == 202

    return move


def present(user):
    return USER.objects.get(pk=user.pk)


def address(user):
    return getattr(present(user), EMAIL)


def last_to(mailoutbox, to):
    return [message for message in mailoutbox if message.to == [to]][-1]


def link_to(mailoutbox, to, subject):
    [message] = [m for m in mailoutbox if m.to == [to] and m.subject == subject]
    return token_in(message)


def way_back(mailoutbox, to=OLD):
    return link_to(mailoutbox, to, "Your e-mail address has been changed")


# --- the oldest address of seven days wins -----------------------------------------------------


def test_the_way_back_of_the_oldest_address_survives_all_that_a_thief_can_do(
    client, person, move, mailoutbox, clock
):
    move(THIEF)
    undo = way_back(mailoutbox)
    move(THIRD)
    thief = client.pair(present(person))
    body = {"current_password": PASSWORD, "new_password": OTHER}
    assert post(client, "password/change/", body, thief["access"]).status_code == 204
    move(THIEF, OTHER)
    phone = Phone(set_up(client, client.pair(present(person), OTHER)["access"]).json()["secret"])
    access = client.pair(present(person), OTHER)["access"]
    assert confirm(client, access, phone.code()).status_code == 200
    clock.shift(UNDO_LIFETIME.total_seconds() - 60)

    assert open_link(client, undo).status_code == 202
    assert address(person) == OLD


def test_it_survives_a_reset_mailed_to_the_thief(client, person, move, mailoutbox):
    move(THIEF)
    post(client, "password/reset/", {"email": THIEF})
    uid, token = last_to(mailoutbox, THIEF).body.split("/reset#")[1].split()[0].split("&")
    body = {"uid": uid, "token": token, "new_password": OTHER}
    assert post(client, "password/reset/confirm/", body).status_code == 204
    assert client.log_in(present(person), OTHER).status_code == 200
    assert open_link(client, way_back(mailoutbox)).status_code == 202
    assert address(person) == OLD


def test_it_survives_a_log_in_that_hashes_the_password_anew(
    client, person, move, mailoutbox, settings
):
    move(THIEF)
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    before = present(person).password
    assert client.log_in(present(person)).status_code == 200
    assert present(person).password != before
    assert open_link(client, way_back(mailoutbox)).status_code == 202


def test_later_addresses_get_no_way_back(client, person, move, mailoutbox):
    move(THIEF)
    move(THIRD)
    told = last_to(mailoutbox, THIEF)
    assert told.subject == "Your e-mail address has been changed"
    assert "https://" not in told.body + str(told.alternatives)
    # Nor after the owner has moved it back by herself, when her own way back has ended.
    move(OLD)
    assert "https://" not in last_to(mailoutbox, THIRD).body
    assert OneTimeLink.objects.filter(purpose="email_change_undo").count() == 1


def test_after_seven_days_the_next_address_gets_one(client, person, move, mailoutbox, clock):
    move(THIEF)
    clock.shift(UNDO_LIFETIME.total_seconds())
    assert open_link(client, way_back(mailoutbox)).json() == LINK_INVALID
    mailoutbox.clear()
    move(THIRD)
    assert open_link(client, way_back(mailoutbox, THIEF)).status_code == 202


@pytest.mark.parametrize("restored", ["address", "password"])
def test_what_an_administrator_restores_no_link_undoes(client, person, move, mailoutbox, restored):
    move(THIEF)
    undo, stop = way_back(mailoutbox), link_to(mailoutbox, OLD, ANNOUNCEMENT)
    access = client.pair(present(person))["access"]
    change(client, access, THIRD)
    pending = token_in(last_to(mailoutbox, THIRD))
    post(client, "password/reset/", {"email": THIEF})
    uid, token = last_to(mailoutbox, THIEF).body.split("/reset#")[1].split()[0].split("&")

    user = present(person)
    if restored == "address":
        setattr(user, EMAIL, OLD)
    else:
        user.set_password(OTHER)
    user.save()
    before = address(person)
    for is_active in (False, True):
        USER.objects.update(is_active=is_active)

    for each in (undo, stop, pending):
        assert open_link(client, each).json() == LINK_INVALID
    body = {"uid": uid, "token": token, "new_password": "of the thief, 12345"}
    assert post(client, "password/reset/confirm/", body).json() == LINK_INVALID
    assert address(person) == before
    # A later change by the owner revives none, and gives a way back of its own.
    password = OTHER if restored == "password" else PASSWORD
    mailoutbox.clear()
    move("later@example.com", password)
    assert open_link(client, undo).json() == LINK_INVALID
    assert open_link(client, way_back(mailoutbox, before)).status_code == 202


def test_a_later_change_revives_no_link_that_an_administrator_ended(
    client, person, move, mailoutbox
):
    move(THIEF)
    ended = way_back(mailoutbox)
    USER.objects.update(**{EMAIL: OLD})  # by an administrator
    mailoutbox.clear()
    move(THIEF)
    assert open_link(client, ended).json() == LINK_INVALID
    assert open_link(client, way_back(mailoutbox)).status_code == 202


# --- a change is bound to what asked for it ----------------------------------------------------


@pytest.fixture
def asked(client, person, mailoutbox):
    """The pair of a session that has asked for another address, and the token of the link."""
    pair = client.pair(person)
    assert change(client, pair["access"], THIEF).status_code == 202
    return pair, token_in(last_to(mailoutbox, THIEF))


def test_the_present_address_is_told_at_once_and_stops_it(
    client, person, asked, mailoutbox, security_log
):
    told = last_to(mailoutbox, OLD)
    assert told.subject == ANNOUNCEMENT
    assert THIEF in told.body
    assert open_link(client, token_in(told)).status_code == 202
    assert open_link(client, asked[1]).json() == LINK_INVALID
    assert open_link(client, token_in(told)).json() == LINK_INVALID
    assert address(person) == OLD
    assert_session_lives(client, asked[0])
    assert [level for level, _ in security_log("email_change_stopped")] == ["WARNING"]


def test_the_first_announcement_stops_a_second_change(client, person, asked, mailoutbox):
    change(client, asked[0]["access"], THIRD)
    stop = token_in(next(m for m in mailoutbox if m.to == [OLD]))
    assert open_link(client, stop).status_code == 202
    assert open_link(client, token_in(last_to(mailoutbox, THIRD))).json() == LINK_INVALID


def test_a_change_to_a_taken_address_is_announced_alike(client, person, mailoutbox):
    make(THIRD, "other")
    change(client, client.pair(person)["access"], THIRD)
    assert last_to(mailoutbox, OLD).subject == ANNOUNCEMENT


def test_a_change_that_was_made_cannot_be_stopped_any_more(client, person, asked, mailoutbox):
    assert open_link(client, asked[1]).status_code == 202
    assert open_link(client, link_to(mailoutbox, OLD, ANNOUNCEMENT)).json() == LINK_INVALID
    assert address(person) == THIEF


def test_the_link_dies_with_the_session_that_asked(client, person, asked):
    owner = client.pair(person)
    assert client.delete(AUTH + "sessions/", **bearer(owner["access"])).status_code == 204
    assert open_link(client, asked[1]).json() == LINK_INVALID
    assert address(person) == OLD
    assert_session_lives(client, owner)


def test_the_link_dies_with_the_log_out_of_that_session(client, person, asked):
    client.revoke(asked[0]["refresh"])
    assert open_link(client, asked[1]).json() == LINK_INVALID


def test_the_link_dies_with_a_factor_turned_on_in_the_same_session(client, person, asked):
    phone = Phone(set_up(client, asked[0]["access"]).json()["secret"])
    assert confirm(client, asked[0]["access"], phone.code()).status_code == 200
    assert open_link(client, asked[1]).json() == LINK_INVALID
    assert address(person) == OLD


def test_the_link_stays_dead_when_that_factor_is_turned_off_again(client, person, asked):
    access = asked[0]["access"]
    phone = Phone(set_up(client, access).json()["secret"])
    [code, *_] = confirm(client, access, phone.code()).json()["recovery_codes"]
    assert disable(client, access, code).status_code == 204
    assert open_link(client, asked[1]).json() == LINK_INVALID
    assert address(person) == OLD


def test_the_link_dies_with_a_password_changed_in_the_same_session(client, person, asked):
    body = {"current_password": PASSWORD, "new_password": OTHER}
    assert post(client, "password/change/", body, asked[0]["access"]).status_code == 204
    assert open_link(client, asked[1]).json() == LINK_INVALID


def test_no_session_of_the_owner_ends_by_a_link_of_a_stranger(client, person, asked):
    owner = client.pair(person)
    assert open_link(Client(), asked[1]).status_code == 202
    assert_session_lives(client, owner)


# --- proof in the body -------------------------------------------------------------------------


def test_a_copied_access_token_moves_and_deletes_nothing(client, person, mailoutbox):
    stolen = client.pair(person)["access"]
    for answer in (
        post(client, "email/change/", {"email": THIEF}, stolen),
        delete(client, stolen),
        delete(client, stolen, code="123456"),
    ):
        assert (answer.status_code, answer.json()) == (400, {"password": REQUIRED})
    for answer in (change(client, stolen, THIEF, "wrong"), delete(client, stolen, password="no")):
        assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert mailoutbox == []
    assert present(person)


def test_wrong_passwords_of_all_endpoints_share_one_budget(client, person, security_log):
    stolen = client.pair(person)["access"]
    for number in range(5):
        change(client, stolen, THIEF, f"wrong{number}")
        delete(client, stolen, password=f"wrong{number}")
    assert change(client, stolen, THIEF).status_code == 429
    assert delete(client, stolen, password=PASSWORD).status_code == 429
    assert len(security_log("email_change_failed")) == 5


def test_a_code_does_where_a_factor_is_on(client, owner, mailoutbox):
    setattr(owner.user, EMAIL, OLD)
    owner.user.save()
    body = {"email": THIEF}
    missing = post(client, "email/change/", body, owner.access)
    assert (missing.status_code, missing.json()) == (400, {"password": REQUIRED})
    wrong = {**body, "code": owner.phone.wrong_code()}
    assert post(client, "email/change/", wrong, owner.access).json()["code"] == "invalid_code"
    both = {**body, "code": owner.phone.fresh_code(), "password": "wrong"}
    assert_refused(
        post(client, "email/change/", both, owner.access), INVALID_CREDENTIALS, challenge=CHALLENGE
    )
    right = {**body, "code": owner.phone.fresh_code()}
    assert post(client, "email/change/", right, owner.access).status_code == 202
    assert open_link(client, token_in(last_to(mailoutbox, THIEF))).status_code == 202


def test_an_old_log_in_with_the_password_does(client, person, clock):
    pair = client.pair(person)
    clock.shift(299)
    access = client.refresh(pair["refresh"]).json()["access"]
    clock.shift(299)
    assert change(client, access, THIEF).status_code == 202
    assert delete(client, access, password=PASSWORD).status_code == 204


def test_people_without_a_password_prove_it_by_a_code(client, owner):
    take_password(owner.user)
    answer = post(client, "email/change/", {"email": THIEF, "password": "x"}, owner.access)
    assert (answer.status_code, answer.json()) == (400, {"code": REQUIRED})
    answer = post(client, "2fa/totp/disable/", {"code": owner.phone.wrong_code()}, owner.access)
    assert answer.json()["code"] == "invalid_code"
    body = {"code": owner.phone.fresh_code()}
    assert post(client, "2fa/totp/disable/", body, owner.access).status_code == 204
    # Neither is left now: test_confirmation.py.
    USER.objects.update(**{EMAIL: OLD})
    assert delete(client, owner.access).status_code == 202


# --- requests under way ------------------------------------------------------------------------
# Each of these happens after the request has been authenticated and its proof checked.


def reset_password(user):
    user = present(user)
    user.set_password(OTHER)
    user.save()


def deactivate(user):
    USER.objects.update(is_active=False)


@pytest.mark.parametrize("happens", [reset_password, deactivate], ids=lambda act: act.__name__)
def test_a_deletion_under_way_sees_what_has_happened(client, person, happens):
    access = client.pair(person)["access"]
    with at_statement("UPDATE", USER, lambda: happens(person)):
        answer = delete(client, access, password=PASSWORD)
    assert_session_ended(answer)
    assert present(person)


def test_a_link_that_is_being_opened_sees_the_end_of_its_session(client, person, asked):
    with at_statement("UPDATE", Session, lambda: client.revoke(asked[0]["refresh"])):
        assert open_link(Client(), asked[1]).json() == LINK_INVALID
    assert address(person) == OLD


def test_a_link_that_is_being_opened_sees_the_owners_reset(client, person, asked):
    with at_statement("UPDATE", USER, lambda: reset_password(person)):
        assert open_link(Client(), asked[1]).json() == LINK_INVALID
    assert address(person) == OLD


def test_an_undo_that_is_being_opened_sees_what_an_administrator_does(
    client, person, move, mailoutbox
):
    move(THIEF)
    with at_statement("UPDATE", USER, lambda: reset_password(person)):
        assert open_link(client, way_back(mailoutbox)).json() == LINK_INVALID
    assert address(person) == THIEF


def test_a_password_changed_under_way_keeps_the_way_back(client, person, asked, mailoutbox):
    body = {"current_password": PASSWORD, "new_password": OTHER}
    with at_statement("UPDATE", USER, lambda: open_link(Client(), asked[1])):
        assert post(client, "password/change/", body, asked[0]["access"]).status_code == 204
    assert address(person) == THIEF
    assert open_link(client, way_back(mailoutbox)).status_code == 202
    assert address(person) == OLD


def test_a_re_hash_under_way_keeps_the_way_back(client, person, asked, mailoutbox, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    with at_statement("UPDATE", USER, lambda: open_link(Client(), asked[1])):
        client.log_in(person)
    assert address(person) == THIEF
    assert open_link(client, way_back(mailoutbox)).status_code == 202


def test_no_link_asked_for_under_way_undoes_what_an_administrator_restores(
    client, person, asked, mailoutbox
):
    with at_statement("UPDATE", USER, lambda: open_link(Client(), asked[1])):
        change(client, asked[0]["access"], THIRD)
    assert address(person) == THIEF
    USER.objects.update(**{EMAIL: OLD})  # by an administrator
    assert open_link(client, token_in(last_to(mailoutbox, THIRD))).json() == LINK_INVALID
    assert address(person) == OLD


def test_turning_it_off_under_way_sees_the_owners_reset(client, owner):
    code = owner.phone.fresh_code()
    with at_statement("UPDATE", USER, lambda: reset_password(owner.user)):
        assert_session_ended(disable(client, owner.access, code))
    assert owner.device


# --- accounts that the default manager hides ---------------------------------------------------


@pytest.fixture
def hide(monkeypatch, person):
    """A function that marks the person as deleted, for a default manager that hides such."""
    manager = type(USER._default_manager)
    visible = manager.get_queryset

    def hide():
        monkeypatch.setattr(
            manager, "get_queryset", lambda self: visible(self).exclude(pk=person.pk)
        )

    return hide


def test_no_link_works_for_a_hidden_account(client, person, move, mailoutbox, hide):
    post(client, "password/reset/", {"email": OLD})
    uid, token = last_to(mailoutbox, OLD).body.split("/reset#")[1].split()[0].split("&")
    change(client, client.pair(person)["access"], THIRD)
    pending = [token_in(last_to(mailoutbox, to)) for to in (THIRD, OLD)]
    hide()
    password = USER._base_manager.get(pk=person.pk).password
    body = {"uid": uid, "token": token, "new_password": OTHER}
    assert post(client, "password/reset/confirm/", body).json() == LINK_INVALID
    for each in pending:
        assert open_link(client, each).json() == LINK_INVALID
    after = USER._base_manager.get(pk=person.pk)
    assert (after.password, getattr(after, EMAIL)) == (password, OLD)


def test_a_hidden_account_is_mailed_nothing_at_equal_cost(client, person, mailoutbox, hide):
    hide()
    post(client, "password/reset/", {"email": "first@example.com"})  # inserts the network's counter
    costs = set()
    for email in (OLD, "unknown@example.com"):
        with CaptureQueriesContext(connection) as queries:
            answer = post(client, "password/reset/", {"email": email})
        costs.add((answer.status_code, answer.content, len(queries)))
    assert len(costs) == 1
    assert mailoutbox == []


def test_an_account_hidden_while_its_link_is_opened_keeps_its_password(
    client, person, mailoutbox, hide
):
    post(client, "password/reset/", {"email": OLD})
    uid, token = last_to(mailoutbox, OLD).body.split("/reset#")[1].split()[0].split("&")
    body = {"uid": uid, "token": token, "new_password": OTHER}
    with at_statement("UPDATE", USER, hide):
        assert post(client, "password/reset/confirm/", body).json() == LINK_INVALID


def test_a_hidden_account_without_a_verified_address_gets_no_new_link(
    client, settings, mailoutbox, monkeypatch
):
    settings.AUTHKIT = {**ON, "EMAIL_VERIFICATION_REQUIRED": False}
    register(client, OLD, "reader")
    token = token_in(mailoutbox[-1])
    mailoutbox.clear()
    person = USER.objects.get()
    manager = type(USER._default_manager)
    visible = manager.get_queryset
    monkeypatch.setattr(manager, "get_queryset", lambda self: visible(self).exclude(pk=person.pk))
    resend(client, OLD)
    assert "https://" not in "".join(message.body for message in mailoutbox)
    assert verify(client, token).json() == LINK_INVALID
