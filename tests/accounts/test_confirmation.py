"""Users with neither a password nor a second factor confirm from their mailbox."""

import pytest
from authkit.models import OneTimeLink, SecurityEvent
from django.contrib.admin.models import LogEntry
from django.db.models import PROTECT

from tests.accounts.calls import (
    ANNOUNCEMENT,
    EMAIL,
    ON,
    USER,
    change,
    open_link,
    post,
    take_password,
    token_in,
)
from tests.accounts.test_deletion import delete
from tests.accounts.test_registration import LINK_INVALID, make
from tests.conftest import AUTH, Client, bearer
from tests.database.paused import paused
from tests.factors.answers import assert_step_up_required
from tests.factors.calls import confirm, set_up
from tests.factors.phone import Phone
from tests.sessions.answers import assert_session_is_dead, assert_session_lives

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.addresses]

OLD, NEW = "old@example.com", "new@example.com"


@pytest.fixture(autouse=True)
def _on(settings):
    settings.AUTHKIT = ON


@pytest.fixture
def person():
    return make(OLD, "reader")


@pytest.fixture
def pair(client, person):
    """What an attacker has copied: the tokens of a log-in a moment ago."""
    pair = client.pair(person)
    take_password(person)
    return pair


def ask_to_move(access):
    return post(Client(), "email/change/", {"email": NEW}, access)


def ask_to_delete(access):
    return delete(Client(), access)


REQUESTS = pytest.mark.parametrize("ask", [ask_to_move, ask_to_delete])


def address():
    return USER.objects.values_list(EMAIL, flat=True).get()


def kinds(word):
    rows = SecurityEvent.objects.filter(kind__contains=word).order_by("created_at", "pk")
    return list(rows.values_list("kind", flat=True))


def test_a_copied_token_does_not_move_the_address(pair, mailoutbox):
    answer = ask_to_move(pair["access"])
    assert (answer.status_code, answer.json()) == (202, {})
    assert [mail.to for mail in mailoutbox] == [[OLD]]
    assert NEW in mailoutbox[0].body
    assert address() == OLD
    assert kinds("email") == ["email_change_requested"]


def test_the_present_mailbox_and_the_new_one_move_it(client, pair, mailoutbox, caplog):
    ask_to_move(pair["access"])
    first = token_in(mailoutbox[0])
    assert open_link(Client(), first).status_code == 202
    assert (address(), [mail.to for mail in mailoutbox]) == (OLD, [[OLD], [NEW]])
    assert open_link(Client(), first).json() == LINK_INVALID
    assert open_link(Client(), token_in(mailoutbox[1])).status_code == 202
    assert address() == NEW
    assert [mail.to for mail in mailoutbox[2:]] == [[OLD]]
    assert kinds("email") == ["email_change_requested", "email_changed"]
    assert_session_lives(client, pair)
    assert first not in caplog.text


def test_a_copied_token_does_not_delete_the_account(client, pair, mailoutbox):
    answer = ask_to_delete(pair["access"])
    assert (answer.status_code, answer.json()) == (202, {})
    assert USER.objects.exists()
    assert [mail.to for mail in mailoutbox] == [[OLD]]
    assert kinds("account_del") == ["account_deletion_requested"]
    assert_session_lives(client, pair)


def test_the_present_mailbox_deletes_it(client, pair, mailoutbox):
    ask_to_delete(pair["access"])
    token = token_in(mailoutbox[0])
    assert open_link(Client(), token).status_code == 202
    assert not USER.objects.exists()
    assert not OneTimeLink.objects.exclude(user=None).exists()
    assert kinds("account_deleted") == ["account_deleted"]
    assert [mail.subject for mail in mailoutbox[1:]] == ["Your account has been deleted"]
    assert_session_is_dead(client, pair)
    assert open_link(Client(), token).json() == LINK_INVALID


@REQUESTS
def test_an_old_log_in_is_not_enough_to_ask(client, clock, pair, mailoutbox, ask):
    clock.shift(299)
    access = client.refresh(pair["refresh"]).json()["access"]
    clock.shift(2)
    assert_step_up_required(ask(access), max_age=300)
    assert SecurityEvent.objects.filter(kind="step_up_required").count() == 1
    assert mailoutbox == []


def log_out(client, pair, person):
    client.revoke(pair["refresh"])


def set_password(client, pair, person):
    user = USER.objects.get()
    user.set_password("another battery staple")
    user.save()


def set_address(client, pair, person):
    USER.objects.update(**{EMAIL: "third@example.com"})


def deactivate(client, pair, person):
    USER.objects.update(is_active=False)


def turn_a_factor_on(client, pair, person):
    secret = set_up(client, pair["access"]).json()["secret"]
    assert confirm(client, pair["access"], Phone(secret).code()).status_code == 200


@REQUESTS
@pytest.mark.parametrize(
    "happens",
    [log_out, set_password, set_address, deactivate, turn_a_factor_on],
    ids=lambda act: act.__name__,
)
def test_the_link_dies_with_what_it_is_bound_to(client, person, pair, mailoutbox, ask, happens):
    ask(pair["access"])
    token = token_in(mailoutbox[0])
    happens(client, pair, person)
    before = address()
    assert open_link(Client(), token).json() == LINK_INVALID
    assert address() == before


@REQUESTS
def test_the_link_is_valid_for_a_day(clock, pair, mailoutbox, ask):
    ask(pair["access"])
    clock.shift(24 * 3600)
    assert open_link(Client(), token_in(mailoutbox[0])).json() == LINK_INVALID


def test_a_later_request_invalidates_the_link_to_another_address(pair, mailoutbox):
    ask_to_move(pair["access"])
    post(Client(), "email/change/", {"email": "third@example.com"}, pair["access"])
    assert open_link(Client(), token_in(mailoutbox[0])).json() == LINK_INVALID
    assert open_link(Client(), token_in(mailoutbox[1])).status_code == 202
    assert mailoutbox[2].to == ["third@example.com"]


def test_whether_the_new_address_is_taken_is_told_to_its_owner_alone(pair, mailoutbox):
    make(NEW, "other")
    assert ask_to_move(pair["access"]).status_code == 202
    assert open_link(Client(), token_in(mailoutbox[0])).status_code == 202
    assert mailoutbox[1].to == [NEW]
    assert "confirm#token" not in mailoutbox[1].body


def test_requests_without_end_mail_a_few_and_kill_none(pair, mailoutbox):
    for _ in range(8):
        assert ask_to_delete(pair["access"]).status_code == 202
    assert len(mailoutbox) == 5
    assert open_link(Client(), token_in(mailoutbox[0])).status_code == 202
    assert not USER.objects.exists()


def test_records_of_the_project_keep_the_account_and_the_link(pair, mailoutbox, monkeypatch):
    ask_to_delete(pair["access"])
    reference = LogEntry._meta.get_field("user").remote_field
    entry = LogEntry.objects.create(user=USER.objects.get(), action_flag=1, object_repr="x")
    with monkeypatch.context() as patch:
        patch.setattr(reference, "on_delete", PROTECT)
        answer = open_link(Client(), token_in(mailoutbox[0]))
        assert (answer.status_code, answer.json()["code"]) == (409, "account_in_use")
    entry.delete()
    assert open_link(Client(), token_in(mailoutbox[0])).status_code == 202


@REQUESTS
def test_an_empty_hash_is_no_password(person, pair, mailoutbox, ask):
    """A project made the account without a password, and Django calls that hash usable."""
    take_password(person, "")
    assert ask(pair["access"]).status_code == 202
    assert [mail.to for mail in mailoutbox] == [[OLD]]


@pytest.mark.parametrize("missing", ["address", "page"])
def test_where_no_link_can_be_mailed_a_recent_log_in_does(pair, settings, mailoutbox, missing):
    if missing == "address":
        USER.objects.update(**{EMAIL: ""})
    else:
        settings.AUTHKIT = {}
    assert ask_to_delete(pair["access"]).status_code == 204
    assert not USER.objects.exists()


def test_a_password_is_proof_enough(client, person, mailoutbox):
    access = client.pair(person)["access"]
    assert change(client, access, NEW).status_code == 202
    assert {mail.subject for mail in mailoutbox} == {
        "Confirm your new e-mail address",
        ANNOUNCEMENT,
    }


@pytest.mark.concurrency
@REQUESTS
def test_a_link_under_way_sees_the_end_of_its_session(pair, mailoutbox, ask):
    ask(pair["access"])
    token = token_in(mailoutbox[0])
    with paused(lambda: open_link(Client(), token), "UPDATE", USER) as answers:
        answer = Client().delete(f"{AUTH}sessions/{own(pair)}/", **bearer(pair["access"]))
        assert answer.status_code == 204
    assert answers[0].json() == LINK_INVALID
    assert address() == OLD


def own(pair):
    [session] = Client().sessions(pair["access"]).json()
    return session["id"]
