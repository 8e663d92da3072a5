"""What a link says that it does, for the page to ask the right question."""

import re

import pytest
from django.core import mail

from tests.accounts.calls import ON, change, open_link, post, register, take_password
from tests.accounts.test_deletion import delete
from tests.accounts.test_registration import make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.addresses]

OLD, NEW = "old@example.com", "new@example.com"
URL = "https://app.example/link#action={action}&token={token}"


@pytest.fixture(autouse=True)
def _on(settings):
    settings.AUTHKIT = {**ON, "EMAIL_VERIFICATION_URL": URL}


@pytest.fixture
def access(client):
    return client.pair(make(OLD, "reader"))["access"]


def links():
    """Return the recipient, the action and the token of each link that was mailed."""
    pattern = r"https://app\.example/link#action=(\w+)&token=([\w-]{43})\s"
    bodies = [(message.to[0], f"{message.body}\n") for message in mail.outbox]
    return [(to, *found) for to, body in bodies for found in re.findall(pattern, body)]


def actions():
    return [(to, action) for to, action, _ in links()]


def test_a_registration(client):
    register(client, NEW)
    post(client, "email/verify/resend/", {"email": NEW})
    assert actions() == [(NEW, "registration")] * 2


def test_a_verification_of_an_account_that_is_there_already(client, settings):
    settings.AUTHKIT = {**settings.AUTHKIT, "EMAIL_VERIFICATION_REQUIRED": False}
    register(client, NEW)
    assert actions() == [(NEW, "email_verification")]


def test_a_change_can_be_confirmed_stopped_and_undone(client, access):
    change(client, access, NEW)
    assert sorted(actions()) == [(NEW, "email_change"), (OLD, "email_change_stop")]
    [token] = [token for _, action, token in links() if action == "email_change"]
    open_link(client, token)
    assert actions()[2:] == [(OLD, "email_change_undo")]


@pytest.mark.parametrize(
    ("request_it", "action"),
    [
        (
            lambda client, access: post(client, "email/change/", {"email": NEW}, access),
            "email_change_confirmation",
        ),
        (lambda client, access: delete(client, access), "deletion_confirmation"),
        (lambda client, access: post(client, "password/set/", {}, access), "first_password"),
    ],
)
def test_what_an_account_without_other_proof_confirms(client, request_it, action):
    person = make(OLD, "reader")
    access = client.pair(person)["access"]
    take_password(person)
    assert request_it(client, access).status_code == 202
    assert actions() == [(OLD, action)]


def test_the_html_of_a_mail_has_the_same_link(client):
    register(client, NEW)
    [(_, _, token)] = links()
    [(html, _)] = mail.outbox[0].alternatives
    assert f'href="https://app.example/link#action=registration&amp;token={token}"' in html
