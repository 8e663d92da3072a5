from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any

import pytest
from authkit import signals
from authkit.factors.totp.flows import confirm, set_up
from authkit.login.flows import complete_login
from authkit.sessions.validate import session_of_access_token
from django.contrib.auth import get_user_model
from django.test import RequestFactory
from qrcode.main import QRCode

from tests.conftest import _receiver
from tests.factors.calls import Comparisons
from tests.factors.phone import Phone


@dataclass
class Enrolment:
    """A user with a confirmed factor, and what is theirs."""

    user: Any
    phone: Phone
    recovery_codes: list[str]
    pair: dict[str, Any]

    @property
    def access(self):
        return self.pair["access"]

    @property
    def device(self):
        return self.user.totpdevice_set.get(confirmed=True)


def pytest_collection_modifyitems(config, items):
    # The program is in Debian's package oathtool; .ci/run installs it.
    if shutil.which("oathtool") is None:
        absent = [item for item in items if "oathtool" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in absent]


@pytest.fixture(autouse=True)
def _mailers(mailers):
    """Owners are told what happens."""


@pytest.fixture(autouse=True)
def _qr_codes_are_drawn_at_little_cost(monkeypatch):
    """Every mask is as right; to find the best takes a fifth of the time of an enrolment."""
    monkeypatch.setattr(QRCode, "best_mask_pattern", lambda code: 0)


@pytest.fixture
def enrol(clock):
    """A function that turns the factor on for a user, as the endpoints do it."""

    def enrol(user):
        pair = complete_login(RequestFactory().post("/"), user, methods=["pwd"])
        session = session_of_access_token(pair.access)[0]
        phone = Phone(set_up(user, recent=True, session=session).secret, clock)
        codes = confirm(user, session, phone.code())
        return Enrolment(user, phone, codes, {"access": pair.access, "refresh": pair.refresh})

    return enrol


@pytest.fixture
def owner(enrol, user):
    return enrol(user)


@pytest.fixture
def comparisons(monkeypatch):
    return Comparisons(monkeypatch)


@pytest.fixture
def reachable_user(make_user):
    """A user with an e-mail address where the user model has one."""
    model = get_user_model()
    fields = {field.name for field in model._meta.get_fields()}
    if model.USERNAME_FIELD == "email" or "email" not in fields:
        return make_user("reader")
    return make_user("reader", email="reader@example.com")


@pytest.fixture
def told(mailoutbox, reachable_user):
    """A function: the subjects of the mails to the user, or None where there is no address."""
    address = getattr(reachable_user, "email", "")

    def subjects():
        if not address:
            assert mailoutbox == []
            return None
        assert all(mail.to == [address] for mail in mailoutbox)
        return [mail.subject for mail in mailoutbox]

    return subjects


@pytest.fixture
def factor_signals():
    """What was sent of the two signals of the factor: (name, what came along)."""
    received = []
    names = ["second_factor_enabled", "second_factor_disabled"]
    receivers = [(getattr(signals, name), _receiver(name, received)) for name in names]
    for signal, receiver in receivers:
        signal.connect(receiver, weak=False)
    yield received
    for signal, receiver in receivers:
        signal.disconnect(receiver)
