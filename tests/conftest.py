from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime

import pytest
from authkit import signals
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.db import connection
from rest_framework.test import APIClient

PASSWORD = "correct horse battery staple"
AUTH = "/api/v1/auth/"

_numbers = itertools.count(1)


def username_for(name):
    """A valid value of USERNAME_FIELD for every user model of the suite."""
    return f"{name}@example.com" if get_user_model().USERNAME_FIELD == "email" else name


@pytest.fixture
def make_user(db):
    def make(name=None, password=PASSWORD, **fields):
        model = get_user_model()
        username = username_for(name or f"user{next(_numbers)}")
        return model.objects.create_user(
            **{model.USERNAME_FIELD: username}, password=password, **fields
        )

    return make


@pytest.fixture
def user(make_user):
    return make_user()


class Client(APIClient):
    """A client of the auth endpoints that speaks JSON, and keeps no cookies worth the name."""

    default_format = "json"

    def log_in(self, user, password=PASSWORD, **extra):
        body = {user.USERNAME_FIELD: user.get_username(), "password": password}
        return self.post(AUTH + "token/", body, format="json", **extra)

    def pair(self, user, password=PASSWORD):
        response = self.log_in(user, password)
        assert response.status_code == 200, response.content
        return response.json()

    def refresh(self, token):
        return self.post(AUTH + "token/refresh/", {"refresh": token}, format="json")

    def sessions(self, access):
        return self.get(AUTH + "sessions/", **bearer(access))

    def verify(self, token):
        return self.post(AUTH + "token/verify/", {"token": token}, format="json")

    def revoke(self, token):
        return self.post(AUTH + "token/revoke/", {"refresh": token}, format="json")


def bearer(access):
    return {"HTTP_AUTHORIZATION": f"Bearer {access}"}


@pytest.fixture
def client():
    return Client()


def pytest_collection_modifyitems(config, items):
    if django_settings.DATABASES["default"]["ATOMIC_REQUESTS"]:
        _give_transactions_of_their_own(items)
    if connection.vendor == "sqlite":
        _deselect_concurrency(config, items)


def _give_transactions_of_their_own(items):
    # A test that runs in one transaction would see it marked for rollback by DRF whenever
    # a request is refused; a request outside of tests never meets such a transaction.
    for item in items:
        if "db" in item.fixturenames or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db(transaction=True), append=False)


def _deselect_concurrency(config, items):
    # An in-memory database has one connection, so there is nothing to be tested.
    concurrent = [item for item in items if item.get_closest_marker("concurrency")]
    if concurrent:
        config.hook.pytest_deselected(items=concurrent)
        items[:] = [item for item in items if item not in concurrent]


@pytest.fixture
def clock(time_machine):
    """A clock that stands still until the test says ``clock.shift(seconds)``."""
    time_machine.move_to(datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC), tick=False)
    return time_machine


@pytest.fixture
def security_log(caplog):
    """A function that returns what the logger ``authkit.security`` wrote: (level, facts) pairs."""
    caplog.set_level("DEBUG", logger="authkit.security")

    def read(event=None):
        lines = [
            (record.levelname, json.loads(record.getMessage()))
            for record in caplog.records
            if record.name == "authkit.security"
        ]
        return [line for line in lines if event in (None, line[1]["event"])]

    return read


@pytest.fixture
def sent():
    """The authkit signals sent so far, as (name, what came along) pairs."""
    received = []
    names = ["session_started", "session_ended", "refresh_token_reused", "password_changed"]
    receivers = [(getattr(signals, name), _receiver(name, received)) for name in names]
    for signal, receiver in receivers:
        signal.connect(receiver, weak=False)
    yield received
    for signal, receiver in receivers:
        signal.disconnect(receiver)


def _receiver(name, received):
    def receive(signal, sender, **extra):
        received.append((name, extra))

    return receive
