"""The first password of an account that has none: by a link, or by a code."""

from functools import partial

import pytest
from authkit.models import SecurityEvent
from authkit.signals import password_changed

from tests.accounts.calls import EMAIL, ON, USER, open_link, post, take_password, token_in, verify
from tests.accounts.test_registration import LINK_INVALID, make
from tests.conftest import AUTH, PASSWORD, Client, bearer
from tests.database.paused import paused
from tests.factors.answers import (
    assert_code_refused,
    assert_enrolment_required,
    assert_step_up_required,
    assert_too_many,
)
from tests.factors.calls import confirm, set_up
from tests.factors.phone import Phone
from tests.login.backends import Directory
from tests.sessions.answers import (
    assert_refused,
    assert_session_is_dead,
    assert_session_lives,
)
from tests.sessions.crowd import Crowd

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.addresses]

ADDRESS = "reader@example.com"
CHOSEN = "another battery staple"
REQUIRED = ["This field is required."]
EXISTS = {"detail": "This account already has a password.", "code": "password_exists"}


@pytest.fixture(autouse=True)
def _on(settings, mailers):
    settings.AUTHKIT = ON


@pytest.fixture
def person():
    return make(ADDRESS, "reader")


@pytest.fixture
def pair(clock, client, person):
    """The tokens of a log-in a moment ago, by single sign-on; an attacker may have copied them."""
    pair = client.pair(person)
    take_password(person)
    return pair


@pytest.fixture
def phone(client, pair, clock, mailoutbox):
    phone = Phone(set_up(client, pair["access"]).json()["secret"], clock)
    assert confirm(client, pair["access"], phone.code()).status_code == 200
    mailoutbox.clear()
    return phone


def ask(access, **body):
    return post(Client(), "password/set/", body, access)


def has_password():
    return USER.objects.get().has_usable_password()


def kinds():
    rows = SecurityEvent.objects.filter(kind__contains="password").order_by("created_at", "pk")
    return list(rows.values_list("kind", flat=True))


# --- by the link -------------------------------------------------------------------------------


def test_a_copied_token_sets_no_password_and_the_mailbox_is_told(pair, mailoutbox):
    answer = ask(pair["access"])
    assert (answer.status_code, answer.json()) == (202, {})
    assert not has_password()
    assert [mail.to for mail in mailoutbox] == [[ADDRESS]]
    assert mailoutbox[0].subject == "Choose a password for your account"
    assert kinds() == ["first_password_requested"]


def test_a_password_cannot_be_slipped_in_before_the_owner_opens_the_link(pair, mailoutbox):
    answer = ask(pair["access"], new_password=CHOSEN)
    assert (answer.status_code, answer.json()) == (
        400,
        {"new_password": ["Leave it out: you choose it with the link that is sent to you."]},
    )
    assert mailoutbox == []


def test_the_reader_of_the_mailbox_chooses_it_once(client, person, pair, mailoutbox):
    ask(pair["access"])
    token = token_in(mailoutbox[0])
    answer = open_link(Client(), token)
    assert (answer.status_code, answer.json()) == (400, {"password": REQUIRED})
    assert verify(Client(), token, "short").status_code == 400
    assert not has_password()
    assert verify(Client(), token, CHOSEN).status_code == 202
    assert client.log_in(person, CHOSEN).status_code == 200
    assert_session_is_dead(client, pair)
    assert verify(Client(), token, "a third battery staple").json() == LINK_INVALID
    assert client.log_in(person, CHOSEN).status_code == 200
    assert [mail.subject for mail in mailoutbox[1:]] == ["Your password has been changed"]


def log_out(client, pair):
    client.revoke(pair["refresh"])


def set_password(client, pair):
    user = USER.objects.get()
    user.set_password("a third battery staple")
    user.save()


def set_address(client, pair):
    USER.objects.update(**{EMAIL: "third@example.com"})


def deactivate(client, pair):
    USER.objects.update(is_active=False)


def turn_a_factor_on(client, pair):
    secret = set_up(client, pair["access"]).json()["secret"]
    assert confirm(client, pair["access"], Phone(secret).code()).status_code == 200


@pytest.mark.parametrize(
    "happens",
    [log_out, set_password, set_address, deactivate, turn_a_factor_on],
    ids=lambda act: act.__name__,
)
def test_the_link_dies_with_what_it_is_bound_to(client, pair, mailoutbox, happens):
    ask(pair["access"])
    token = token_in(mailoutbox[0])
    happens(client, pair)
    before = USER.objects.values_list("password", flat=True).get()
    assert verify(Client(), token, CHOSEN).json() == LINK_INVALID
    assert USER.objects.values_list("password", flat=True).get() == before


def test_the_link_is_valid_for_a_day(clock, pair, mailoutbox):
    ask(pair["access"])
    clock.shift(24 * 3600)
    assert verify(Client(), token_in(mailoutbox[0]), CHOSEN).json() == LINK_INVALID


def test_the_link_is_of_its_own_account(pair, mailoutbox):
    other = make("other@example.com", "other")
    ask(pair["access"])
    assert verify(Client(), token_in(mailoutbox[0]), CHOSEN).status_code == 202
    assert USER.objects.get(pk=other.pk).check_password(PASSWORD)


def test_a_link_for_something_else_sets_no_password(pair, mailoutbox):
    post(Client(), "email/change/", {"email": "new@example.com"}, pair["access"])
    assert verify(Client(), token_in(mailoutbox[0]), CHOSEN).status_code == 202
    assert not has_password()


def test_an_old_log_in_is_not_enough_to_ask(client, clock, pair, mailoutbox):
    clock.shift(299)
    access = client.refresh(pair["refresh"]).json()["access"]
    clock.shift(2)
    assert_step_up_required(ask(access), max_age=300)
    assert mailoutbox == []


def test_requests_without_end_mail_a_few_and_kill_none(pair, mailoutbox):
    for _ in range(8):
        assert ask(pair["access"]).status_code == 202
    assert len(mailoutbox) == 5
    assert verify(Client(), token_in(mailoutbox[0]), CHOSEN).status_code == 202


@pytest.mark.parametrize("missing", ["address", "page"])
def test_where_no_link_can_be_mailed_a_second_factor_comes_first(pair, settings, missing):
    if missing == "address":
        USER.objects.update(**{EMAIL: ""})
    else:
        settings.AUTHKIT = {}
    assert_enrolment_required(ask(pair["access"]))
    assert not has_password()


@pytest.mark.concurrency
def test_of_two_who_open_the_link_at_once_one_chooses_the_password(pair, mailoutbox):
    ask(pair["access"])
    token = token_in(mailoutbox[0])
    choices = [f"{number} battery staples" for number in range(10, 16)]
    with Crowd(6) as crowd:
        answers = crowd.at_once([partial(verify, Client(), token, new) for new in choices])
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [202] + [400] * 5
    assert USER.objects.get().check_password(choices[statuses.index(202)])


@pytest.mark.concurrency
def test_a_link_under_way_sees_the_end_of_its_session(pair, mailoutbox):
    ask(pair["access"])
    token = token_in(mailoutbox[0])
    [session] = Client().sessions(pair["access"]).json()
    with paused(lambda: verify(Client(), token, CHOSEN), "UPDATE", USER) as answers:
        path = f"{AUTH}sessions/{session['id']}/"
        assert Client().delete(path, **bearer(pair["access"])).status_code == 204
    assert answers[0].json() == LINK_INVALID
    assert not has_password()


# --- by a code ---------------------------------------------------------------------------------


def test_a_code_sets_it_at_once_and_ends_the_other_sessions(
    client, person, pair, phone, mailoutbox
):
    told = []
    password_changed.connect(lambda **extra: told.append(extra["user"].pk), weak=False)
    answer = ask(pair["access"], code=phone.fresh_code(), new_password=CHOSEN)
    assert (answer.status_code, answer.content) == (204, b"")
    assert_session_lives(client, pair)
    assert USER.objects.get().check_password(CHOSEN)
    assert told == [person.pk]
    assert [mail.subject for mail in mailoutbox] == ["Your password has been changed"]
    assert kinds() == ["password_changed"]


def test_a_token_without_the_code_sets_nothing(pair, phone, mailoutbox):
    answer = ask(pair["access"], new_password=CHOSEN)
    assert (answer.status_code, answer.json()) == (400, {"code": REQUIRED})
    answer = ask(pair["access"], code=phone.fresh_code())
    assert (answer.status_code, answer.json()) == (400, {"new_password": REQUIRED})
    assert_code_refused(ask(pair["access"], code=phone.wrong_code(), new_password=CHOSEN))
    assert not has_password()
    assert mailoutbox == []


def test_the_code_of_another_user_is_refused_and_counted(client, pair, phone, clock):
    other = client.pair(make("other@example.com", "other"))
    theirs = Phone(set_up(client, other["access"]).json()["secret"], clock)
    confirm(client, other["access"], theirs.code())
    code = theirs.fresh_code()
    for _ in range(10):
        assert_code_refused(ask(pair["access"], code=code, new_password=CHOSEN))
    assert_too_many(ask(pair["access"], code=phone.fresh_code(), new_password=CHOSEN))
    assert not USER.objects.get(**{EMAIL: ADDRESS}).has_usable_password()


def test_a_code_is_not_spent_by_a_password_that_the_validators_refuse(pair, phone):
    code = phone.fresh_code()
    answer = ask(pair["access"], code=code, new_password="short")
    assert (answer.status_code, list(answer.json())) == (400, ["new_password"])
    assert ask(pair["access"], code=code, new_password=CHOSEN).status_code == 204


@pytest.mark.concurrency
def test_of_concurrent_requests_one_sets_it(pair, phone):
    code = phone.fresh_code()
    choices = [f"{number} battery staples" for number in range(10, 16)]
    calls = [partial(ask, pair["access"], code=code, new_password=new) for new in choices]
    with Crowd(6) as crowd:
        answers = crowd.at_once(calls)
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(204) == 1
    assert set(statuses) <= {204, 401, 409}
    assert USER.objects.get().check_password(choices[statuses.index(204)])


# --- whose ------------------------------------------------------------------------------------


def test_an_account_with_a_password_changes_it(client, person):
    answer = ask(client.pair(person)["access"])
    assert_refused(answer, EXISTS, status=409, challenge=None)


def test_a_hash_that_nothing_can_match_is_no_password(pair, mailoutbox):
    """A project made the account without a password, and Django calls the empty one usable."""
    take_password(USER.objects.get(), "")
    assert ask(pair["access"]).status_code == 202
    assert verify(Client(), token_in(mailoutbox[0]), CHOSEN).status_code == 202
    assert USER.objects.get().check_password(CHOSEN)


def test_a_password_of_a_directory_is_not_set_here(person, settings, monkeypatch, mailoutbox):
    take_password(person)
    settings.AUTHENTICATION_BACKENDS = ["tests.login.backends.Directory"]
    monkeypatch.setattr(Directory, "passwords", {person.get_username(): PASSWORD})
    answer = ask(Client().pair(person)["access"])
    assert (answer.status_code, answer.json()["code"]) == (409, "password_managed_elsewhere")
    assert mailoutbox == []


def test_no_api_key_sets_a_password(db):
    answer = Client().post(AUTH + "password/set/", {}, HTTP_X_API_KEY="ak_no_key")
    assert answer.status_code == 401
