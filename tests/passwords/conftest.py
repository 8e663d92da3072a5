import re
from contextlib import contextmanager
from itertools import count

import pytest
from django.contrib.auth import get_user_model

from tests.conftest import AUTH, PASSWORD

RESET = AUTH + "password/reset/"
CONFIRM = RESET + "confirm/"
LINK = "https://app.example/reset#uid={uid}&token={token}"

_networks = count(1)


@contextmanager
def interrupted(monkeypatch, flow, act):
    """Have something else happen, once, while a flow judges and hashes a new password."""
    original, waiting = flow.require_acceptable, [act]

    def act_first(*args):
        while waiting:
            waiting.pop()()
        return original(*args)

    with monkeypatch.context() as patch:
        patch.setattr(flow, "require_acceptable", act_first)
        yield


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


class Forgetful:
    """Somebody at a place of their own who asks for a link, reads their mail and follows it."""

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
    return Forgetful(client, mailoutbox)
