import re
from contextlib import contextmanager
from itertools import count

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import override_settings

from tests.conftest import AUTH, PASSWORD

RESET = AUTH + "password/reset/"
CONFIRM = RESET + "confirm/"
LINK = "https://app.example/reset#uid={uid}&token={token}"

_networks = count(1)


class Acting:
    """A password validator that accepts every password, and does something else meanwhile."""

    def __init__(self, act):
        self.act = act

    def validate(self, password, user=None):
        self.act()

    def get_help_text(self):
        return ""


def validators_that(act):
    """Return the AUTH_PASSWORD_VALIDATORS of the suite, and one that calls ``act``."""
    return [
        *settings.AUTH_PASSWORD_VALIDATORS,
        {"NAME": f"{__name__}.Acting", "OPTIONS": {"act": act}},
    ]


@contextmanager
def interrupted(act):
    """Have something else happen, once, after the old password is checked, before the new one is
    stored."""
    waiting = [act]

    def act_once():
        while waiting:
            waiting.pop()()

    with override_settings(AUTH_PASSWORD_VALIDATORS=validators_that(act_once)):
        yield
    assert not waiting


def address_of_reader(name):
    return f"{name}@example.com"


@pytest.fixture
def make_reader(make_user, monkeypatch):
    """Make a user with an address, whatever the model: where there is no column the name is it."""
    model = get_user_model()
    if not any(field.name == "email" for field in model._meta.get_fields()):
        monkeypatch.setattr(model, "EMAIL_FIELD", "login", raising=False)
    column = model.get_email_field_name()

    def make(name, address=None, password=PASSWORD, **fields):
        user = make_user(name, password=password)
        values = {column: address or address_of_reader(name), **fields}
        model.objects.filter(pk=user.pk).update(**values)
        user.refresh_from_db()
        return user

    return make


@pytest.fixture
def reader(make_reader):
    return make_reader("reader")


@pytest.fixture(autouse=True)
def _link(settings, mailers):
    settings.AUTHKIT = {"PASSWORD_RESET_URL": LINK}


class ForgetfulUser:
    """A user on a network of their own who asks for a link, reads their mail and follows it."""

    def __init__(self, client, mailoutbox):
        self.client, self.outbox = client, mailoutbox

    def ask(self, address, **extra):
        number = next(_networks)
        extra.setdefault("REMOTE_ADDR", f"10.1.{number // 256}.{number % 256}")
        return self.client.post(RESET, {"email": address}, **extra)

    def link(self, address):
        """Ask, and return what the link of the last mail holds."""
        assert self.ask(address).status_code == 202
        return self.read()

    def read(self):
        [found] = re.findall(r"#uid=([\w-]+)&token=([\w-]+)", self.outbox[-1].body)
        return {"uid": found[0], "token": found[1]}

    def confirm(self, link, new):
        return self.client.post(CONFIRM, {**link, "new_password": new})


@pytest.fixture
def forgetful(client, mailoutbox):
    return ForgetfulUser(client, mailoutbox)
