"""Another e-mail address: confirmed at the new one; the old one can stop it, and undo it."""

import pytest
from authkit.accounts.confirmed.email_change import REQUESTS, UNDO_LIFETIME
from authkit.accounts.email_verification import LIFETIME
from authkit.core.identity import one_time_links as mailed_tokens
from authkit.core.identity.models import OneTimeLink, Purpose
from authkit.models import AccountName, APIKey, Session
from authkit.signals import email_changed
from django.contrib.auth import get_user_model
from django.db import IntegrityError, OperationalError, connection
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
    token_in,
    verify,
)
from tests.accounts.test_registration import LINK_INVALID, TAKEN, cost, make
from tests.database.statements import at_statement, failing_statement
from tests.sessions.answers import (
    CHALLENGE,
    NOT_AUTHENTICATED,
    assert_refused,
    assert_session_is_dead,
    assert_session_lives,
)

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "new@example.com"
OLD = "old@example.com"


@pytest.fixture(autouse=True)
def _on(settings):
    settings.AUTHKIT = ON


@pytest.fixture
def mailoutbox(mailoutbox):
    return ExceptAnnouncements(mailoutbox)


@pytest.fixture
def person():
    return make(OLD, "reader")


@pytest.fixture
def moved():
    received = []

    def receive(sender, user, **extra):
        received.append(getattr(user, EMAIL))

    email_changed.connect(receive)
    yield received
    email_changed.disconnect(receive)


def address(user):
    return getattr(USER.objects.get(pk=user.pk), EMAIL)


def again(client, user):
    return client.pair(USER.objects.get(pk=user.pk))["access"]


def test_it_changes_when_the_new_address_confirms(client, person, mailoutbox, moved, security_log):
    here, there = client.pair(person), client.pair(person)

    answer = change(client, here["access"], NEW)

    assert (answer.status_code, answer.json()) == (202, {})
    assert address(person) == OLD
    [message] = mailoutbox
    assert (message.to, message.subject) == ([NEW], "Confirm your new e-mail address")
    assert person.get_username() in message.body
    assert_session_lives(client, here)

    answer = open_link(client, token_in(message))

    assert (answer.status_code, answer.content) == (202, b"{}")
    assert address(person) == NEW
    assert moved == [NEW]
    for pair in (here, there):
        assert_session_lives(client, pair)
    told = mailoutbox[1]
    assert (told.to, told.subject) == ([OLD], "Your e-mail address has been changed")
    assert NEW in told.body
    assert len(mailoutbox) == 2
    assert [level for level, _ in security_log("email_changed")] == ["INFO"]
    assert client.log_in(USER.objects.get(pk=person.pk)).status_code == 200
    if USER.USERNAME_FIELD == EMAIL:
        assert client.log_in(person).status_code == 401


def test_the_old_address_undoes_it(client, person, mailoutbox, moved, security_log):
    change(client, client.pair(person)["access"], NEW)
    open_link(client, token_in(mailoutbox[0]))
    thief = client.pair(USER.objects.get(pk=person.pk))
    change(client, thief["access"], "third@example.com")
    [reset] = mailed_tokens.issue(
        Purpose.PASSWORD_RESET, [(USER.objects.get(pk=person.pk), NEW)], LIFETIME
    )
    pending = token_in(mailoutbox[2])

    answer = open_link(client, token_in(mailoutbox[1]))

    assert answer.status_code == 202
    assert address(person) == OLD
    assert moved == [NEW, OLD]
    assert_session_is_dead(client, thief)
    assert mailed_tokens.find(Purpose.PASSWORD_RESET, reset) is None
    assert open_link(client, pending).json() == LINK_INVALID
    assert not OneTimeLink.objects.filter(user=person).exists()
    assert (mailoutbox[-1].to, mailoutbox[-1].subject) == (
        [OLD],
        "The change of your e-mail address has been undone",
    )
    assert [level for level, _ in security_log("email_change_undone")] == ["WARNING"]
    assert open_link(client, token_in(mailoutbox[1])).json() == LINK_INVALID


def test_the_first_address_gets_the_account_back_however_often_it_moved(client, person, mailoutbox):
    for number, new in enumerate([NEW, "third@example.com", "fourth@example.com"]):
        change(client, again(client, person), new)
        open_link(client, token_in(mailoutbox[2 * number]))
    assert address(person) == "fourth@example.com"
    assert open_link(client, token_in(mailoutbox[1])).status_code == 202
    assert address(person) == OLD
    # And there were none to where the thief was.
    for message in (mailoutbox[3], mailoutbox[5]):
        assert "https://" not in message.body
        assert "previous e-mail address" in message.body


def test_the_way_back_is_open_for_seven_days(client, person, mailoutbox, clock):
    change(client, client.pair(person)["access"], NEW)
    open_link(client, token_in(mailoutbox[0]))
    clock.shift(UNDO_LIFETIME.total_seconds())
    assert open_link(client, token_in(mailoutbox[1])).json() == LINK_INVALID
    assert address(person) == NEW


def test_no_other_user_takes_an_email_while_its_owner_can_undo_the_change(
    client, person, mailoutbox, clock
):
    change(client, client.pair(person)["access"], NEW)
    open_link(client, token_in(mailoutbox[0]))
    register(client, "OLD@example.com", "other")
    assert mailoutbox[2].subject == "You already have an account"
    clock.shift(UNDO_LIFETIME.total_seconds())
    register(client, OLD, "other")
    assert verify(client, token_in(mailoutbox[3])).status_code == 202


def test_who_had_no_address_is_not_told(client, mailoutbox):
    if USER.USERNAME_FIELD == EMAIL:
        return
    user = make("", "reader")
    change(client, client.pair(user)["access"], NEW)
    assert open_link(client, token_in(mailoutbox[0])).status_code == 202
    assert address(user) == NEW
    assert len(mailoutbox) == 1
    # Nor is the empty e-mail claimed.
    assert AccountName.objects.count() == 1


def test_one_may_spell_ones_own_address_anew(client, person, mailoutbox):
    change(client, client.pair(person)["access"], "OLD@example.com")
    assert open_link(client, token_in(mailoutbox[0])).status_code == 202
    assert address(person) == "OLD@example.com"


# --- whose it is -------------------------------------------------------------------------------


def test_the_answer_prevents_user_enumeration(client, person, mailoutbox):
    make("known@example.com", "known")
    access = client.pair(person)["access"]
    change(client, access, "first@example.com")
    mailoutbox.clear()
    answers, costs = set(), set()
    for wanted in ("known@example.com", "nobody@example.com", "KNOWN2@example.com"):
        with CaptureQueriesContext(connection) as queries:
            answer = change(client, access, wanted)
        answers.add((answer.status_code, answer.content, *sorted(answer.headers.items())))
        costs.add(tuple(cost(queries)))
    assert len(answers) == len(costs) == 1
    assert [message.subject for message in mailoutbox] == [
        "Your e-mail address was requested for another account",
        "Confirm your new e-mail address",
        "Confirm your new e-mail address",
    ]
    assert "https://" not in mailoutbox[0].body


def test_an_address_that_was_taken_meanwhile_is_409(client, person, mailoutbox):
    pair = client.pair(person)
    change(client, pair["access"], NEW)
    make("New@Example.com", "other")
    answer = open_link(client, token_in(mailoutbox[0]))
    assert_refused(answer, TAKEN, status=409, challenge=None)
    assert address(person) == OLD
    assert_session_lives(client, pair)


def test_two_accounts_do_not_swap_into_one_address(client, person, mailoutbox):
    other = make("other@example.com", "other")
    change(client, client.pair(person)["access"], NEW)
    change(client, client.pair(other)["access"], "NEW@example.com")
    first, second = map(token_in, mailoutbox)
    assert open_link(client, second).status_code == 202
    assert open_link(client, first).json() == TAKEN
    assert (address(person), address(other)) == (OLD, "NEW@example.com")


# Projects may have let two accounts have one address, in the admin or before they used us; not
# where people log in by it.


@pytest.fixture
def sharing(person):
    return make("Old@example.com", "other")


@pytest.mark.user_names
def test_all_who_share_an_address_can_leave_it(client, person, sharing, mailoutbox):
    for number, user in enumerate((person, sharing)):
        new = f"new{number}@example.com"
        change(client, client.pair(user)["access"], new)
        assert open_link(client, token_in(mailoutbox[-1])).status_code == 202
        assert address(user) == new
        assert mailoutbox[-1].subject == "Your e-mail address has been changed"
    register(client, OLD, "attacker")
    assert mailoutbox[-1].subject == "You already have an account"


@pytest.mark.user_names
def test_all_who_shared_an_address_can_return_to_it(client, person, sharing, mailoutbox):
    undo = []
    for number, user in enumerate((person, sharing)):
        change(client, client.pair(user)["access"], f"new{number}@example.com")
        open_link(client, token_in(mailoutbox[-1]))
        undo.append(token_in(mailoutbox[-1]))
    assert [open_link(client, token).status_code for token in undo] == [202, 202]
    assert (address(person), address(sharing)) == (OLD, "Old@example.com")


@pytest.mark.user_names
def test_a_user_can_leave_an_email_that_another_account_has_registered_too(client, mailoutbox):
    register(client, OLD, "registered")
    verify(client, token_in(mailoutbox[-1]))
    sharing = make("Old@example.com", "other")
    change(client, client.pair(sharing)["access"], NEW)
    assert open_link(client, token_in(mailoutbox[-1])).status_code == 202
    undo = token_in(mailoutbox[-1])
    assert address(sharing) == NEW
    assert address(USER.objects.get(**{USER.USERNAME_FIELD: "registered"})) == OLD
    assert open_link(client, undo).status_code == 202
    assert address(sharing) == "Old@example.com"


@pytest.mark.user_names
def test_no_user_changes_to_an_email_that_others_share(client, person, sharing, mailoutbox):
    third = make("third@example.com", "third")
    change(client, client.pair(third)["access"], NEW)
    USER.objects.filter(pk__in=[person.pk, sharing.pk]).update(**{EMAIL: NEW})
    assert open_link(client, token_in(mailoutbox[0])).json() == TAKEN


@pytest.mark.parametrize("step", [0, 1], ids=["change", "undo"])
def test_a_change_that_the_database_refuses_at_first_is_made_whole(
    client, person, mailoutbox, moved, step
):
    """As a deadlock does, which leaves nothing of the first try but what is in memory."""
    change(client, client.pair(person)["access"], NEW)
    if step:
        open_link(client, token_in(mailoutbox[0]))
    with failing_statement("UPDATE", Session, OperationalError(1213, "Deadlock found")):
        assert open_link(client, token_in(mailoutbox[step])).status_code == 202
    assert moved[step:] == [[NEW, OLD][step]]
    register(client, OLD, "attacker")
    assert mailoutbox[-1].subject == "You already have an account"
    assert AccountName.objects.filter(user=person).count() == 2


# --- tokens ------------------------------------------------------------------------------------


def test_a_newer_request_ends_the_one_before(client, person, mailoutbox):
    access = client.pair(person)["access"]
    change(client, access, NEW)
    change(client, access, "newer@example.com")
    assert open_link(client, token_in(mailoutbox[0])).json() == LINK_INVALID
    assert open_link(client, token_in(mailoutbox[1])).status_code == 202


def test_it_dies_with_a_change_of_the_password_or_the_address(client, person, mailoutbox):
    change(client, client.pair(person)["access"], NEW)
    person.set_password("another correct horse")
    person.save()
    assert open_link(client, token_in(mailoutbox[0])).json() == LINK_INVALID
    access = client.pair(person, "another correct horse")["access"]
    change(client, access, NEW, "another correct horse")
    USER.objects.update(**{EMAIL: "elsewhere@example.com"})
    assert open_link(client, token_in(mailoutbox[1])).json() == LINK_INVALID


def test_it_lasts_a_day_and_works_once(client, person, mailoutbox, clock):
    change(client, client.pair(person)["access"], NEW)
    clock.shift(LIFETIME.total_seconds())
    assert open_link(client, token_in(mailoutbox[0])).json() == LINK_INVALID
    change(client, again(client, person), NEW)
    assert open_link(client, token_in(mailoutbox[1])).status_code == 202
    assert open_link(client, token_in(mailoutbox[1])).json() == LINK_INVALID


def test_a_token_for_something_else_changes_no_address(client, person):
    for purpose in (Purpose.PASSWORD_RESET, Purpose.EMAIL_VERIFICATION):
        [token] = mailed_tokens.issue(purpose, [(person, NEW)], LIFETIME)
        assert open_link(client, token).status_code == 400
        assert verify(client, token).json() == LINK_INVALID
    assert address(person) == OLD


@pytest.mark.parametrize("step", ["change", "undo"])
def test_an_account_that_is_not_active_moves_no_more(client, person, mailoutbox, step):
    change(client, client.pair(person)["access"], NEW)
    if step == "undo":
        open_link(client, token_in(mailoutbox[0]))
    before = address(person)
    USER.objects.update(is_active=False)
    assert open_link(client, token_in(mailoutbox[-1])).json() == LINK_INVALID
    assert address(person) == before


# --- who may -----------------------------------------------------------------------------------


def test_neither_an_api_key_nor_an_unauthenticated_client_may(client, person, mailoutbox):
    _, key = APIKey.objects.create_key(name="robot", owner=person)
    assert_refused(change(client, None, NEW), NOT_AUTHENTICATED, challenge=CHALLENGE)
    answer = client.post("/api/v1/auth/email/change/", {"email": NEW}, HTTP_X_API_KEY=key)
    assert_refused(answer, NOT_AUTHENTICATED, challenge=CHALLENGE)
    assert len(mailoutbox) == 0


def test_one_person_may_ask_so_often_an_hour(client, person, mailoutbox):
    access = client.pair(person)["access"]
    for number in range(REQUESTS.number):
        assert change(client, access, f"new{number}@example.com").status_code == 202
    answer = change(client, access, NEW)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert len(mailoutbox) == REQUESTS.number


def test_an_address_that_has_had_enough_gets_no_more(client, mailoutbox):
    for number in range(7):
        user = make(f"user{number}@example.com", f"user{number}")
        assert change(client, client.pair(user)["access"], NEW).status_code == 202
    assert len(mailoutbox) == 5


@pytest.mark.parametrize("sent", [{}, {"email": "x"}, {"email": [NEW]}, {"email": ""}], ids=str)
def test_what_is_no_address_is_400(client, person, sent):
    answer = post(client, "email/change/", sent, client.pair(person)["access"])
    assert (answer.status_code, list(answer.json())) == (400, ["email"])


def test_nothing_else_can_be_sent(client, person):
    access = client.pair(person)["access"]
    for name in ("user", "id", "is_staff", "verified", "token"):
        answer = post(client, "email/change/", {"email": NEW, name: 1}, access)
        assert (answer.status_code, list(answer.json())) == (400, [name])
        answer = post(client, "email/verify/", {"token": "x", name: 1} | {"token": "x"})
        assert answer.status_code == 400
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    ("step", "verb", "model"),
    [(0, "INSERT", AccountName), (1, "UPDATE", get_user_model())],
    ids=["change", "undo"],
)
def test_a_name_that_is_claimed_in_a_race_is_409(client, person, mailoutbox, step, verb, model):
    change(client, client.pair(person)["access"], NEW)
    if step:
        open_link(client, token_in(mailoutbox[0]))
    before = address(person)
    with failing_statement(verb, model, IntegrityError("unique")):
        assert open_link(client, token_in(mailoutbox[step])).json() == TAKEN
    assert address(person) == before
    # Nothing was spent by that.
    assert open_link(client, token_in(mailoutbox[step])).status_code == 202


def test_a_link_that_is_spent_in_a_race_is_400(client, person, mailoutbox):
    change(client, client.pair(person)["access"], NEW)
    with at_statement("DELETE", OneTimeLink, OneTimeLink.objects.all().delete):
        assert open_link(client, token_in(mailoutbox[0])).json() == LINK_INVALID
    assert address(person) == OLD
