"""A stranger, a thief or an administrator asks in French; the owner reads every mail in German."""

import pytest
from authkit.core.mail import mailer as mail
from authkit.core.mail.language import ANSWERS
from authkit.core.mail.samples import SAMPLES
from authkit.factors.flows import remove_second_factor
from django.utils import translation

from tests.accounts.calls import (
    EMAIL,
    ON,
    USER,
    change,
    open_link,
    post,
    register,
    take_password,
    token_in,
)
from tests.accounts.test_deletion import delete
from tests.accounts.test_registration import make
from tests.conftest import AUTH, PASSWORD, Client
from tests.factors.calls import challenge, complete

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.addresses]

OLD, NEW, OTHER = "old@example.com", "new@example.com", "other@example.com"
RESET_URL = "https://app.example/reset#uid={uid}&token={token}"

#: Sent where there is no account, so that no language is known but that of the request.
WITHOUT_ACCOUNT = {"registration", "registration_name_taken"}


def german(user):
    return "de"


@pytest.fixture
def settings(settings):
    settings.MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware", *settings.MIDDLEWARE]
    settings.LANGUAGE_CODE = "es"
    settings.AUTHKIT = {**ON, "PASSWORD_RESET_URL": RESET_URL, "REFRESH_GRACE_SECONDS": 0}
    return settings


@pytest.fixture
def client(settings):
    return Client(HTTP_ACCEPT_LANGUAGE="fr")


@pytest.fixture
def person(settings):
    return make(OLD, "reader")


@pytest.fixture
def written(monkeypatch):
    """The mails that were written, each by its name with its language."""
    found = {}
    original = mail.render

    def render(name, context):
        found[name] = translation.get_language()
        return original(name, context)

    monkeypatch.setattr(mail, "render", render)
    return found


class Story:
    """What a client does in French, to the account of a person."""

    def __init__(self, settings, client, person, mailoutbox, enrol):
        self.settings, self.client, self.person = settings, client, person
        self.outbox, self.enrol = mailoutbox, enrol

    def log_in(self):
        return self.client.pair(self.person)["access"]

    def registration(self):
        register(self.client, NEW, "free")

    def registration_exists(self):
        register(self.client, OLD, "free")

    def registration_name_taken(self):
        if USER.USERNAME_FIELD == EMAIL:  # then no name is taken but an e-mail address
            with translation.override("fr"):
                mail.send("registration_name_taken", NEW, {})
        register(self.client, NEW, self.person.get_username())

    def email_verification(self):
        self.settings.AUTHKIT |= {"EMAIL_VERIFICATION_REQUIRED": False}
        register(self.client, NEW, "free")

    def email_change(self):
        change(self.client, self.log_in(), NEW)

    email_change_requested = email_change

    def email_taken(self):
        make(OTHER, "other")
        change(self.client, self.log_in(), OTHER)

    def email_changed(self):
        self.email_change()
        [token] = [token_in(message) for message in self.outbox if message.to == [NEW]]
        open_link(self.client, token)

    def email_change_undone(self):
        self.email_changed()
        open_link(self.client, token_in(self.outbox[-1]))

    def confirm_request(self):
        access = self.log_in()
        take_password(self.person)
        post(self.client, "email/change/", {"email": NEW}, access)

    def first_password(self):
        access = self.log_in()
        take_password(self.person)
        post(self.client, "password/set/", {}, access)

    def account_deleted(self):
        delete(self.client, self.log_in(), password=PASSWORD)

    def password_reset(self):
        self.client.post(AUTH + "password/reset/", {"email": OLD})

    def password_changed(self):
        body = {"current_password": PASSWORD, "new_password": "another long one 7"}
        post(self.client, "password/change/", body, self.log_in())

    def second_factor_enabled(self):
        return self.enrol(self.person)

    def second_factor_disabled(self):
        self.enrol(self.person)
        with translation.override("fr"):
            remove_second_factor(self.person, actor=1)  # an administrator's own language

    def recovery_codes_low(self):
        for code in self.enrol(self.person).recovery_codes[:-2]:
            complete(self.client, challenge(self.client, self.person), code)

    def token_reused(self):
        refresh = self.client.pair(self.person)["refresh"]
        self.client.refresh(refresh)
        self.client.refresh(refresh)


@pytest.fixture
def story(settings, client, person, mailoutbox, enrol):
    return Story(settings, client, person, mailoutbox, enrol)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_mail_of_an_account_is_in_its_owners_language(settings, story, written, name):
    settings.AUTHKIT |= {"USER_LANGUAGE": german}
    getattr(story, name)()
    assert written[name] == ("fr" if name in WITHOUT_ACCOUNT else "de")


@pytest.mark.parametrize("name", SAMPLES)
def test_without_a_setting_the_client_chooses_the_language_of_answers_alone(story, written, name):
    getattr(story, name)()
    assert written[name] == ("fr" if name in ANSWERS else "es")
