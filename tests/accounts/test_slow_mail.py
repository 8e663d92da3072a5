"""Servers of mail that are slow or refuse: their timing allows no user enumeration.

A real server on the loopback; see tests/passwords/test_slow_mail.py.
"""

import pytest

from tests.accounts.calls import ON, change, register, resend
from tests.accounts.test_registration import make
from tests.passwords.test_slow_mail import all_sent, server

__all__ = ["server"]

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ["known", "nobody", "inactive"]


@pytest.fixture
def ask_all(client, settings):
    """A function that has every answer given, about who is there and who is not."""
    settings.AUTHKIT = ON
    make("known@example.com", "known")
    make("inactive@example.com", "inactive", is_active=False)
    access = client.pair(make("mover@example.com", "mover"))["access"]

    def ask():
        answers = []
        for number, name in enumerate(NAMES):
            address = f"{name}@example.com"
            answers.append(register(client, address, f"reader{number}"))
            answers.append(resend(client, address))
            answers.append(change(client, access, address))
        return {(answer.status_code, answer.content) for answer in answers}

    return ask


def test_every_answer_is_there_before_the_server_says_a_word(ask_all, server):
    answers = ask_all()
    assert server.connected.wait(60)
    assert server.taken == []
    assert answers == {(202, b"{}")}
    server.open.set()
    all_sent()
    assert len(server.taken) == 12  # two for each change of address


def test_a_server_that_refuses_changes_no_answer(ask_all, server, security_log):
    server.refusal = "550 nobody here"
    server.open.set()
    assert ask_all() == {(202, b"{}")}
    all_sent()
    assert server.taken == []
    assert len(security_log("mail_failed")) == 12
