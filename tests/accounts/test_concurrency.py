"""Sixteen threads on sixteen connections want one name, one link, one account."""

from functools import partial

import pytest
from authkit.accounts.registration import MAILS
from authkit.models import AccountName, APIKey, Registration, RequestCount, Session

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
from tests.accounts.test_deletion import delete
from tests.accounts.test_registration import make
from tests.conftest import PASSWORD, Client
from tests.sessions.crowd import Crowd

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

THREADS = 16
ROUNDS = 3
SPELLINGS = [
    *["ann@example.com", "Ann@example.com", "ANN@EXAMPLE.COM", "aNN@Example.Com"],
    *[
        "\uff41nn@example.com",
        "\uff21nn@example.com",
        "ann@example\uff0ecom",
        "an\uff4e@example.com",
    ],
]


@pytest.fixture(autouse=True)
def _on(settings):
    settings.AUTHKIT = ON


@pytest.fixture
def crowd():
    with Crowd(THREADS) as crowd:
        yield crowd


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


def registered(crowd, mailoutbox, spellings, names):
    """Register from all threads at once; return the tokens that were mailed."""
    mailoutbox.clear()
    calls = [
        partial(register, Client(), spelling, name)
        for spelling, name in zip(spellings, names, strict=True)
    ]
    answers = crowd.at_once(calls)
    assert statuses(answers) == [202] * len(calls)
    return [token_in(message) for message in mailoutbox]


@pytest.mark.addresses
def test_a_race_of_spellings_of_one_email_makes_one_account(crowd, mailoutbox, monkeypatch):
    for _ in range(ROUNDS):
        names = [f"reader{number}" for number in range(THREADS)]
        tokens = []
        # So many mails go to one address in an hour, and each of the threads is to have one.
        for start in range(0, THREADS, MAILS.number):
            RequestCount.objects.all().delete()
            part = slice(start, start + MAILS.number)
            spellings = (SPELLINGS * 2)[part]
            tokens += registered(crowd, mailoutbox, spellings, names[part])
        assert len(tokens) == THREADS

        answers = crowd.at_once([partial(verify, Client(), token) for token in tokens])

        assert statuses(answers)[0] == 202
        assert set(statuses(answers)[1:]) <= {400, 409}
        assert USER.objects.count() == 1
        assert AccountName.objects.filter(user=USER.objects.get()).count() in (1, 2)
        USER.objects.all().delete()
        Registration.objects.all().delete()


@pytest.mark.addresses
def test_a_race_of_sixteen_requests_sends_the_mails_of_one(crowd, mailoutbox):
    registered(crowd, mailoutbox, SPELLINGS * 2, [f"reader{n}" for n in range(THREADS)])
    assert (len(mailoutbox), Registration.objects.count()) == (MAILS.number, THREADS)


@pytest.mark.addresses
def test_a_race_with_one_link_makes_one_account(crowd, mailoutbox):
    for number in range(ROUNDS):
        mailoutbox.clear()
        register(Client(), f"ann{number}@example.com")
        [token] = map(token_in, mailoutbox)
        # As many passwords as may be tried with a link.
        answers = crowd.at_once([partial(verify, Client(), token)] * 10)
        assert statuses(answers) == [202] + [400] * 9
        assert USER.objects.count() == number + 1


@pytest.mark.addresses
@pytest.mark.user_names
def test_a_race_of_spellings_of_one_username_makes_one_account(crowd, mailoutbox):
    names = [f"r{'eE'[n % 2]}a{'dD'[n // 2 % 2]}er{'xX'[n // 4 % 2]}" for n in range(THREADS)]
    spellings = [f"reader{number}@example.com" for number in range(THREADS)]
    tokens = registered(crowd, mailoutbox, spellings, names)
    assert len(tokens) == THREADS
    answers = crowd.at_once([partial(verify, Client(), token) for token in tokens])
    assert statuses(answers) == [202] + [409] * 15
    assert USER.objects.count() == 1


@pytest.mark.addresses
def test_a_race_for_one_email_is_won_by_one_account(crowd, mailoutbox):
    tokens = []
    for number in range(THREADS):
        RequestCount.objects.all().delete()
        person = make(f"old{number}@example.com", f"reader{number}")
        mailoutbox.clear()
        change(Client(), Client().pair(person)["access"], SPELLINGS[number % 8])
        tokens += map(token_in, ExceptAnnouncements(mailoutbox))
    answers = crowd.at_once([partial(open_link, Client(), token) for token in tokens])
    assert statuses(answers) == [202] + [409] * 15
    kept = [getattr(user, EMAIL).casefold() for user in USER.objects.all()]
    assert kept.count("ann@example.com") == 1


@pytest.mark.addresses
def test_a_race_of_undos_is_won_once(crowd, mailoutbox):
    person = make("old@example.com", "reader")
    change(Client(), Client().pair(person)["access"], "new@example.com")
    for turn in range(2):
        token = token_in(ExceptAnnouncements(mailoutbox)[turn])
        answers = crowd.at_once([partial(open_link, Client(), token)] * THREADS)
        assert statuses(answers) == [202] + [400] * 15
    assert getattr(USER.objects.get(), EMAIL) == "old@example.com"


def test_a_race_of_deletions_deletes_an_account_once_and_whole(crowd, make_user):
    for _ in range(ROUNDS):
        user = make_user()
        access = Client().pair(user)["access"]
        leave = partial(delete, Client(), access, password=PASSWORD)
        log_in = partial(Client(raise_request_exception=False).log_in, user)
        look = partial(post, Client(), "reauthenticate/", {"password": PASSWORD}, access)
        answers = crowd.at_once([leave, *[log_in] * 4, *[look] * 4])
        assert answers[0].status_code in (204, 409)
        if answers[0].status_code == 409:  # a log-in was there first
            assert leave().status_code == 204
        assert not USER.objects.filter(pk=user.pk).exists()
        assert not Session.objects.filter(user=user.pk).exists()
        assert not APIKey.objects.filter(owner=user.pk).exists()
