"""Accounts that can log in before their address is proved: whose they are in the end."""

import re
from functools import partial

import pytest
from authkit.accounts.email_verification import LIFETIME, TRIES
from authkit.core.identity import one_time_links as mailed_tokens
from authkit.models import (
    APIKey,
    OneTimeLink,
    Registration,
    RequestCount,
    SecurityEvent,
    Session,
    TOTPDevice,
    UnverifiedEmail,
)
from authkit.signals import account_registered
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.accounts.calls import (
    EMAIL,
    ON,
    USER,
    change,
    open_link,
    post,
    register,
    resend,
    token_in,
    verify,
)
from tests.accounts.test_concurrency import SPELLINGS, statuses
from tests.accounts.test_registration import LINK_INVALID, cost, make
from tests.conftest import AUTH, PASSWORD, Client, bearer
from tests.database.paused import paused
from tests.database.statements import at_statement
from tests.factors.calls import set_up
from tests.sessions.answers import (
    assert_refused,
    assert_session_ended,
    assert_session_is_dead,
    assert_session_lives,
)
from tests.sessions.crowd import Crowd

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.accounts.urls")]

OTHER = "another correct horse"
RESET_PAGE = "https://app.example/reset#uid={uid}&token={token}"
AT_ONCE = {**ON, "EMAIL_VERIFICATION_REQUIRED": False, "PASSWORD_RESET_URL": RESET_PAGE}
UNVERIFIED = {"detail": "Confirm your e-mail address first."}
CONFIRM_FIRST = {**UNVERIFIED, "code": "email_unverified"}


@pytest.fixture(autouse=True)
def _at_once(settings):
    settings.AUTHKIT = AT_ONCE


def registered(client, address="ann@example.com", name=None, password=PASSWORD):
    answer = register(client, address, name, password)
    assert (answer.status_code, answer.json()) == (202, {})
    return USER.objects.get(**{EMAIL: address})


def newsletter(client, **credentials):
    return client.get("/newsletter/", **credentials)


def says_verified(client, access):
    return client.get(f"{AUTH}me/", **bearer(access)).json()["email_verified"]


def reset(client, address, mailoutbox, new):
    """Ask for a link to a new password, as the reader of the mailbox, and use it."""
    assert post(client, "password/reset/", {"email": address}).status_code == 202
    assert mailoutbox[-1].to == [address]
    [(uid, token)] = re.findall(r"#uid=([\w-]+)&token=([\w-]+)", mailoutbox[-1].body)
    answer = post(
        client, "password/reset/confirm/", {"uid": uid, "token": token, "new_password": new}
    )
    assert answer.status_code == 204, answer.content


# --- the way through ---------------------------------------------------------------------------


def test_who_registers_can_log_in_and_proves_the_address_later(client, mailoutbox, security_log):
    told = []

    def receive(sender, user, **extra):
        told.append(user)

    account_registered.connect(receive)
    user = registered(client)
    account_registered.disconnect(receive)

    assert told == [user]
    assert len(security_log("account_registered")) == 1
    assert not Registration.objects.exists()
    [message] = mailoutbox
    assert (message.to, message.subject) == (["ann@example.com"], "Confirm your e-mail address")
    pair = client.pair(user)
    assert says_verified(client, pair["access"]) is False
    answer = newsletter(client, **bearer(pair["access"]))
    assert (answer.status_code, answer.json()) == (403, UNVERIFIED)

    answer = verify(client, token_in(message))

    assert (answer.status_code, answer.json()) == (202, {})
    assert says_verified(client, pair["access"]) is True
    assert newsletter(client, **bearer(pair["access"])).json() == {"user": str(user.pk)}
    assert len(security_log("email_verified")) == 1
    assert_session_lives(client, pair)
    assert USER.objects.get().check_password(PASSWORD)


def test_a_key_is_refused_while_the_email_of_its_owner_is_unverified(client, mailoutbox):
    user = registered(client)
    _, own = APIKey.objects.create_key(name="own", owner=user)
    _, service_key = APIKey.objects.create_key(name="nobody's")
    assert newsletter(client, HTTP_X_API_KEY=own).json() == UNVERIFIED
    assert newsletter(client, HTTP_X_API_KEY=service_key).status_code == 403
    verify(client, token_in(mailoutbox[0]))
    assert newsletter(client, HTTP_X_API_KEY=own).status_code == 200
    assert newsletter(client, HTTP_X_API_KEY=service_key).status_code == 403
    assert newsletter(client).status_code == 401


def test_an_account_that_was_not_registered_counts_as_verified(client):
    pair = client.pair(make("ann@example.com"))
    assert says_verified(client, pair["access"]) is True
    assert newsletter(client, **bearer(pair["access"])).status_code == 200


def test_where_the_proof_comes_first_nothing_tells_of_it(client, settings):
    settings.AUTHKIT = ON
    pair = client.pair(make("ann@example.com"))
    assert "email_verified" not in client.get(f"{AUTH}me/", **bearer(pair["access"])).json()


def test_a_user_cannot_mark_their_own_email_verified(client):
    user = registered(client)
    access = client.pair(user)["access"]
    for value in (True, 1, "true", None):
        answer = client.patch(f"{AUTH}me/", {"email_verified": value}, **bearer(access))
        assert (answer.status_code, list(answer.json())) == (400, ["email_verified"])
        answer = post(client, "register/", {EMAIL: "x@example.com", "email_verified": value})
        assert answer.status_code == 400
    assert says_verified(client, access) is False


# --- the link ----------------------------------------------------------------------------------


def test_the_link_alone_proves_nothing_and_stays_good(client, mailoutbox):
    user = registered(client)
    token = token_in(mailoutbox[0])
    answer = open_link(client, token)
    assert (answer.status_code, answer.json()) == (400, {"password": ["This field is required."]})
    answer = verify(client, token, "short")
    assert (answer.status_code, list(answer.json())) == (400, ["password"])
    assert UnverifiedEmail.objects.filter(user=user).exists()
    assert verify(client, token).status_code == 202
    assert not UnverifiedEmail.objects.exists()


def test_passwords_at_a_link_are_limited(client, mailoutbox, clock, hasher_runs):
    registered(client)
    token = token_in(mailoutbox[0])
    for _ in range(TRIES.number):
        assert verify(client, token, "wrong").status_code == 400
    hasher_runs.clear()
    answer = verify(client, token)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert hasher_runs == []
    clock.shift(TRIES.period.total_seconds())
    assert verify(client, token).status_code == 202


def test_a_link_works_once_and_for_a_day(client, mailoutbox, clock):
    registered(client, "ann@example.com")
    registered(client, "bob@example.com")
    ann, bob = map(token_in, mailoutbox)
    assert verify(client, ann).status_code == 202
    assert_refused(verify(client, ann), LINK_INVALID, status=400, challenge=None)
    clock.shift(LIFETIME.total_seconds())
    assert verify(client, bob).json() == LINK_INVALID


def test_a_link_that_is_sent_again_leaves_the_one_before_valid(client, mailoutbox):
    registered(client)
    assert resend(client, "ANN@example.com").status_code == 202
    old, new = map(token_in, mailoutbox)
    assert verify(client, old).status_code == 202
    assert verify(client, new).json() == LINK_INVALID
    resend(client, "ann@example.com")
    assert mailoutbox[-1].subject == "You already have an account"


def test_resending_prevents_user_enumeration_by_queries(client, mailoutbox):
    make("known@example.com")
    registered(client, "unverified@example.com")
    costs, answers = [], []
    for name in ("unverified", "known", "nobody"):
        resend(client, f"{name}@example.com")
        with CaptureQueriesContext(connection) as queries:
            answer = resend(client, f"{name}@example.com")
        answers.append((answer.status_code, answer.content, sorted(answer.headers.items())))
        costs.append(cost(queries))
    assert answers[0] == answers[1] == answers[2]
    assert costs[0] == costs[1] == costs[2]


def test_the_link_of_an_account_that_is_switched_off_is_dead(client, mailoutbox):
    registered(client)
    USER.objects.update(is_active=False)
    assert verify(client, token_in(mailoutbox[0])).json() == LINK_INVALID
    assert UnverifiedEmail.objects.exists()


def test_the_link_is_good_for_nothing_else(client, mailoutbox):
    user = registered(client)
    token = token_in(mailoutbox[0])
    confirm = {"uid": "MQ", "token": token, "new_password": OTHER}
    assert post(client, "password/reset/confirm/", confirm).json() == LINK_INVALID
    assert client.get("/newsletter/", **bearer(token)).status_code == 401
    assert USER.objects.get(pk=user.pk).check_password(PASSWORD)


def test_the_table_has_no_token(client, mailoutbox):
    registered(client)
    assert token_in(mailoutbox[0]) not in repr(list(OneTimeLink.objects.values()))


# --- pre-hijacking -----------------------------------------------------------------------------


def make_key(client, access):
    return post(client, "api-keys/", {"name": "back door"}, access)


def test_an_attacker_adds_no_credential_that_outlives_the_owners_reset(
    client, mailoutbox, security_log
):
    user = registered(client, "victim@example.com", "attacker")
    stolen = client.pair(user)
    for answer in (make_key(client, stolen["access"]), set_up(client, stolen["access"])):
        assert_refused(answer, CONFIRM_FIRST, status=403, challenge=None)
    refused = SecurityEvent.objects.filter(kind="email_unverified")
    stolen_session = Session.objects.get().pk
    assert set(refused.values_list("user", "session_id")) == {(user.pk, stolen_session)}
    assert refused.count() == len(security_log("email_unverified")) == 2
    assert not APIKey.objects.exists()
    assert not TOTPDevice.objects.exists()
    assert change(client, stolen["access"], "attacker@example.com").status_code == 202
    back_door = token_in(mailoutbox[-2])

    reset(client, "victim@example.com", mailoutbox, OTHER)

    assert_session_is_dead(client, stolen)
    assert open_link(client, back_door).json() == LINK_INVALID
    assert client.log_in(user, PASSWORD).status_code == 401
    pair = client.pair(user, OTHER)
    assert says_verified(client, pair["access"]) is True
    assert len(security_log("email_verified")) == 1
    assert make_key(client, pair["access"]).status_code == 201
    assert set_up(client, pair["access"]).status_code == 201


@pytest.mark.parametrize("add", [make_key, set_up], ids=["key", "factor"])
def test_a_request_that_races_the_reset_adds_no_credential(client, mailoutbox, add):
    user = registered(client, "victim@example.com", "attacker")
    stolen = client.pair(user)

    def the_owner_resets_first():
        reset(Client(), "victim@example.com", mailoutbox, OTHER)

    with at_statement("SELECT", UnverifiedEmail, the_owner_resets_first):
        assert_session_ended(add(client, stolen["access"]))
    assert not APIKey.objects.exists()
    assert not TOTPDevice.objects.exists()


def test_a_key_made_by_staff_is_not_rotated_before_the_email_is_verified(client, mailoutbox):
    user = registered(client)
    api_key, _ = APIKey.objects.create_key(name="own", owner=user)
    access = client.pair(user)["access"]
    answer = post(client, f"api-keys/{api_key.pk}/rotate/", {}, access)
    assert_refused(answer, CONFIRM_FIRST, status=403, challenge=None)
    assert client.get(f"{AUTH}api-keys/", **bearer(access)).status_code == 200
    verify(client, token_in(mailoutbox[0]))
    assert post(client, f"api-keys/{api_key.pk}/rotate/", {}, access).status_code == 201


def test_a_proved_account_keeps_its_factor_and_its_keys_through_a_reset(client, mailoutbox, enrol):
    user = registered(client)
    verify(client, token_in(mailoutbox[0]))
    enrol(user)
    _, key = APIKey.objects.create_key(name="own", owner=user)
    reset(client, "ann@example.com", mailoutbox, OTHER)
    assert client.log_in(user, OTHER).status_code == 202
    assert newsletter(client, HTTP_X_API_KEY=key).status_code == 200


def test_a_reset_that_is_refused_proves_nothing(client, mailoutbox):
    registered(client)
    post(client, "password/reset/", {"email": "ann@example.com"})
    [(uid, token)] = re.findall(r"#uid=([\w-]+)&token=([\w-]+)", mailoutbox[-1].body)
    for sent in ({"token": token, "new_password": "short"}, {"token": "x", "new_password": OTHER}):
        answer = post(client, "password/reset/confirm/", {"uid": uid, **sent})
        assert answer.status_code == 400
    assert UnverifiedEmail.objects.exists()


def test_a_link_requested_by_an_attacker_puts_the_attacker_out(
    client, mailoutbox, security_log, caplog
):
    user = registered(client, "victim@example.com", "attacker", OTHER)
    stolen = client.pair(user, OTHER)
    first = token_in(mailoutbox[0])
    resend(client, "victim@example.com")
    second = token_in(mailoutbox[1])
    # The owner of the mailbox opens it with a password of their own.
    assert verify(Client(), first, PASSWORD).status_code == 202
    assert_session_is_dead(client, stolen)
    assert client.log_in(user, OTHER).status_code == 401
    assert says_verified(client, client.pair(user, PASSWORD)["access"]) is True
    assert len(security_log("password_reset")) == len(security_log("email_verified")) == 1
    kinds = SecurityEvent.objects.filter(user_id=str(user.pk)).values_list("kind", flat=True)
    assert {"password_reset", "email_verified", "session_ended"} <= set(kinds)
    assert mailoutbox[-1].subject == "Your password has been changed"
    assert PASSWORD not in caplog.text
    # The account is proved now: no older link chooses a password.
    for token in (first, second):
        assert verify(Client(), token, OTHER).json() == LINK_INVALID
    assert USER.objects.get().check_password(PASSWORD)


def two_links(client, mailoutbox):
    pair = client.pair(registered(client))
    resend(client, "ann@example.com")
    return pair, *map(token_in, mailoutbox)


def assert_kept(client, pair):
    assert not UnverifiedEmail.objects.exists()
    assert USER.objects.get().check_password(PASSWORD)
    assert_session_lives(client, pair)


def test_a_verified_account_is_not_reset_by_another_verification_link(client, mailoutbox):
    pair, first, second = two_links(client, mailoutbox)
    assert verify(Client(), first).status_code == 202
    assert verify(Client(), second, OTHER).json() == LINK_INVALID
    assert_kept(client, pair)


@pytest.mark.concurrency
def test_nor_by_one_that_is_opened_at_the_same_moment(client, mailoutbox):
    pair, first, second = two_links(client, mailoutbox)
    with paused(lambda: verify(Client(), second, OTHER), "UPDATE", USER) as answers:
        assert verify(Client(), first).status_code == 202
    assert answers[0].json() == LINK_INVALID
    assert_kept(client, pair)


# --- another address ---------------------------------------------------------------------------


def test_an_address_that_was_never_proved_gets_no_way_back(client, mailoutbox):
    user = registered(client, "typo@example.com", "reader")
    change(client, client.pair(user)["access"], "right@example.com")
    mailoutbox_before = len(mailoutbox)
    assert open_link(client, token_in(mailoutbox[-2])).status_code == 202
    assert len(mailoutbox) == mailoutbox_before
    assert not OneTimeLink.objects.filter(purpose=mailed_tokens.Purpose.EMAIL_CHANGE_UNDO).exists()
    user = USER.objects.get()
    assert getattr(user, EMAIL) == "right@example.com"
    assert says_verified(client, client.pair(user)["access"]) is True
    # The link to the old address proves nothing any more, and the address is free.
    assert verify(client, token_in(mailoutbox[0])).json() == LINK_INVALID
    registered(client, "typo@example.com", "owner")
    assert USER.objects.count() == 2


# --- who may not know --------------------------------------------------------------------------


def test_the_answer_prevents_user_enumeration(client, mailoutbox):
    make("known@example.com", "known")
    answers = set()
    for address, name in [
        ("nobody@example.com", "nobody"),
        ("KNOWN@example.com", "other"),
        ("fresh@example.com", "KNOWN"),
    ]:
        answer = register(client, address, name)
        answers.add((answer.status_code, answer.content, *sorted(answer.headers.items())))
    assert len(answers) == 1
    subjects = [message.subject for message in mailoutbox]
    assert subjects[:2] == ["Confirm your e-mail address", "You already have an account"]


@pytest.mark.user_names
def test_a_name_that_is_taken_is_told_by_mail_alone(client, mailoutbox):
    make("known@example.com", "known")
    assert register(client, "fresh@example.com", "KNOWN").json() == {}
    [message] = mailoutbox
    assert (message.to, message.subject) == (["fresh@example.com"], "Choose another user name")
    assert USER.objects.count() == 1


@pytest.mark.concurrency
def test_sixteen_at_once_with_one_address_make_one_account(mailoutbox):
    with Crowd(16) as crowd:
        names = [f"reader{number}" for number in range(16)]
        calls = [
            partial(register, Client(), spelling, name)
            for spelling, name in zip(SPELLINGS * 2, names, strict=True)
        ]
        answers = crowd.at_once(calls)
        assert statuses(answers) == [202] * 16
        assert USER.objects.count() == UnverifiedEmail.objects.count() == 1
        told = [mail.subject for mail in mailoutbox]
        assert told.count("Confirm your e-mail address") == 1
        # One link from many threads, with the right password.
        [token] = [token_in(m) for m in mailoutbox if m.subject == "Confirm your e-mail address"]
        RequestCount.objects.all().delete()
        answers = crowd.at_once([partial(verify, Client(), token)] * TRIES.number)
        assert statuses(answers) == [202] + [400] * (TRIES.number - 1)
