from __future__ import annotations

import gc
import itertools
import json
import random
import threading
from datetime import UTC, datetime
from importlib.util import find_spec

import django
import pytest
from authkit import signals
from authkit.core import counted_log
from authkit.core.db.now import DatabaseNow
from authkit.core.http import security_log as written
from authkit.models import APIKey
from authkit.passwords.checking import hashing
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from django.urls import resolvers
from django.utils import translation
from rest_framework.test import APIClient

from tests.database.emptying import empty
from tests.database.pgbouncer import PROGRAM as PGBOUNCER
from tests.secrets.canaries import Canaries
from tests.settings import MOST_PARAMETERS

PASSWORD = "correct horse battery staple"
AUTH = "/api/v1/auth/"

#: They need a browser, which `make browser` asks for by naming this folder.
collect_ignore = ["browser"]

canaries = Canaries(PASSWORD)
canaries.install()

#: Endpoints that answer 404 where the user model has no e-mail field.
WANTING_ADDRESSES = {"register/", "email/verify/", "email/verify/resend/", "email/change/"}

_numbers = itertools.count(1)


def username_for(name):
    """A valid value of USERNAME_FIELD for every user model of the suite."""
    return f"{name}@example.com" if get_user_model().USERNAME_FIELD == "email" else name


@pytest.fixture(autouse=True, scope="session")
def _emptied_at_little_cost():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture(autouse=True, scope="session")
def _moved_clocks_move_that_of_the_database():
    """One process has one clock; tests/clocks has several, and a database with its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseNow, "as_postgresql", DatabaseNow.as_sqlite)
        patch.setattr(DatabaseNow, "as_mysql", _process_now_on_mysql)
        yield


def _process_now_on_mysql(self, compiler, connection, **context):
    sql, parameters = self.as_sqlite(compiler, connection)
    return f"CAST({sql} AS DATETIME(6))", parameters  # a parameter that is selected is text


@pytest.fixture(autouse=True, scope="session")
def _hashing_has_room():
    """Crowds of threads test other limits; this one has tests/passwords/test_hashing_floods.py."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PLACES", "PLACES_PER_NETWORK"):
            patch.setattr(hashing, name, 1000)
        yield


@pytest.fixture(autouse=True, scope="session")
def _urlconfs_leave_no_context_variables():
    """Each URLconf of a test would add some to the context, which asgiref copies one by one.

    After thousands of tests a request to an async view takes a second of the processor. Their
    value is of use during a call that awaits nothing, so that one for each thread is the same.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resolvers, "Local", threading.local)
        yield


@pytest.fixture(autouse=True)
def _no_secret_is_left_behind(request):
    canaries.begin()
    yield
    if request.node.get_closest_marker("plants_secrets") is None:
        assert canaries.found() == []


@pytest.fixture(autouse=True)
def _every_first_line_is_written(monkeypatch):
    monkeypatch.setattr(counted_log, "_counts", {})


@pytest.fixture(autouse=True)
def _the_next_test_speaks_english():
    yield
    translation.deactivate()  # what LocaleMiddleware chose for a request stays chosen


def has_column(*names):
    columns = {field.name for field in get_user_model()._meta.get_fields()}
    return columns.issuperset(names)


def is_there(path):
    """Say whether an endpoint, relative to the include, is there with the suite's user model."""
    return path not in WANTING_ADDRESSES or has_column("email")


@pytest.fixture
def mailers(settings):
    """Django 6.1 warns where a project that sends mail has not said how; 5.2 knows no MAILERS."""
    if django.VERSION >= (6, 1):
        backend = "django.core.mail.backends.locmem.EmailBackend"
        settings.MAILERS = {"default": {"BACKEND": backend}}


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


def clients_from_all_over(count):
    """Clients at addresses of their own: ten log-ins of one name at one place may be under way."""
    return [Client(REMOTE_ADDR=f"10.0.0.{number}") for number in range(count)]


def bearer(access):
    return {"HTTP_AUTHORIZATION": f"Bearer {access}"}


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def pair(client, user):
    """The tokens of a log-in."""
    return client.pair(user)


@pytest.fixture
def access(pair):
    return pair["access"]


@pytest.fixture
def make_key(db, settings):
    """A function that makes a key, and returns its row and what the client sends."""
    settings.AUTHKIT = {"SCOPES": {"books:read": "Read books", "books:write": "Write books"}}

    def make(**fields):
        return APIKey.objects.create_key(**{"name": "night job", **fields})

    return make


@pytest.fixture
def get_ticket(client, access):
    """A function that gets a ticket, by an access token or a key."""

    def get(key=None, token=None, **body):
        headers = {"HTTP_X_API_KEY": key} if key else bearer(token or access)
        response = client.post(AUTH + "ticket/", body, **headers)
        assert response.status_code == 201, response.content
        return response.json()["ticket"]

    return get


@pytest.fixture
def nothing_was_counted_before(monkeypatch):
    """The limits of the cache and the counted lines of the security log begin anew."""
    cache.clear()
    monkeypatch.setattr(written, "_told", {})


#: Markers of tests that need a user model with these columns.
_MARKED_BY_COLUMNS = (
    ("addresses", ["email"]),
    ("names", ["first_name", "last_name"]),
    ("staff", ["is_staff"]),
)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    # All that is collected stays: looking through it for garbage takes a third of the time.
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        # It takes a sixth of the time of the tests, too, if it is looked through as often as usual.
        # Beside a server it is: a connection that is garbage stays open until then.
        if connection.vendor == "sqlite":
            gc.set_threshold(50_000, 20, 20)


def pytest_collection_modifyitems(config, items):
    if django_settings.DATABASES["default"]["ATOMIC_REQUESTS"]:
        _give_transactions_of_their_own(items)
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        _deselect("concurrency", config, items)  # it has one connection
    for marker, columns in _MARKED_BY_COLUMNS:
        if not has_column(*columns):
            _deselect(marker, config, items)
    logs_in_by_address = get_user_model().USERNAME_FIELD == "email"
    _deselect("user_names" if logs_in_by_address else "address_names", config, items)
    on_postgresql = connection.vendor == "postgresql"
    missing = {
        "redis": find_spec("redis") is None,  # Django's cache wants redis-py, and we do not
        "pool": not on_postgresql or find_spec("psycopg_pool") is None,
        "prepared": not on_postgresql,
        "pgbouncer": not on_postgresql or PGBOUNCER is None,
    }
    for marker in filter(missing.get, missing):
        _deselect(marker, config, items)
    if MOST_PARAMETERS:
        _choose_parameters(config, items)


def _choose_parameters(config, items):
    """Leave some of the parameters of each test; the seed of the order chooses them, too."""
    by_test = {}
    for item in items:
        by_test.setdefault(item.nodeid.partition("[")[0], []).append(item)
    chosen = set()
    for test, variants in by_test.items():
        choice = random.Random(f"{config.getoption('randomly_seed')} {test}")
        chosen.update(choice.sample(variants, min(MOST_PARAMETERS, len(variants))))
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = [item for item in items if item in chosen]


def _give_transactions_of_their_own(items):
    # A test that runs in one transaction would see it marked for rollback by DRF whenever
    # a request is refused; a request outside of tests never meets such a transaction.
    for item in items:
        if "db" in item.fixturenames or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db(transaction=True), append=False)


def _deselect(marker, config, items):
    marked = {item for item in items if item.get_closest_marker(marker)}
    if marked:
        config.hook.pytest_deselected(items=list(marked))
        items[:] = [item for item in items if item not in marked]


@pytest.fixture
def hasher_runs(monkeypatch):
    """The passwords that were hashed so far, each run of the hasher counted."""
    runs, original = [], MD5PasswordHasher.encode

    def encode(self, password, salt):
        runs.append(password)
        return original(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    return runs


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
    names = ["session_started", "session_ended", "refresh_token_reused"]
    names += ["password_changed", "password_reset"]
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
