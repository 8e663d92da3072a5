"""Many who follow one link at the same moment, and many who ask for one."""

from functools import partial

import pytest
from authkit.models import OneTimeLink
from authkit.passwords.reset import MAILS, uid_of
from django.contrib.auth import get_user_model

from tests.conftest import Client
from tests.passwords.conftest import CONFIRM, RESET
from tests.sessions.answers import assert_session_is_dead
from tests.sessions.crowd import Crowd

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

THREADS = 12
ROUNDS = 3


@pytest.fixture
def crowd():
    with Crowd(THREADS) as crowd:
        yield crowd


def test_one_link_and_twelve_passwords_make_one_winner_whose_password_holds(
    client, reader, forgetful, crowd, mailoutbox
):
    passwords = [f"correct horse number {number}" for number in range(THREADS)]
    for number in range(ROUNDS):
        before = client.pair(get_user_model().objects.get(pk=reader.pk), reader_password(number))
        link = forgetful.link("reader@example.com")
        mailoutbox.clear()

        answers = crowd.at_once(
            [
                partial(Client().post, CONFIRM, {**link, "new_password": password})
                for password in passwords
            ]
        )

        statuses = [answer.status_code for answer in answers]
        assert sorted(statuses) == [204] + [400] * (THREADS - 1)
        assert {a.json()["code"] for a in answers if a.status_code == 400} == {"link_invalid"}
        winner = passwords[statuses.index(204)]
        after = get_user_model().objects.get(pk=reader.pk)
        assert [p for p in passwords if after.check_password(p)] == [winner]
        assert_session_is_dead(client, before)
        assert [mail.subject for mail in mailoutbox] == ["Your password has been changed"]
        after.set_password(reader_password(number + 1))
        after.save()


def reader_password(number):
    return "correct horse battery staple" if number == 0 else f"of round {number}"


def test_an_address_gets_three_mails_however_many_ask_at_once(reader, crowd, mailoutbox):
    answers = crowd.at_once(
        [
            partial(Client(REMOTE_ADDR=f"10.5.0.{number}").post, RESET, {"email": spelling})
            for number, spelling in enumerate(["reader@example.com", "READER@example.com"] * 6)
        ]
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len(mailoutbox) == MAILS
    assert OneTimeLink.objects.filter(user=reader).exists()
    assert all(uid_of(reader) in mail.body for mail in mailoutbox)
