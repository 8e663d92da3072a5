import pytest
from authkit.core.http import security_log
from authkit.models import APIKey
from django.core.cache import cache

from tests.conftest import AUTH, bearer


@pytest.fixture(autouse=True)
def _nothing_was_counted_before(monkeypatch):
    cache.clear()
    monkeypatch.setattr(security_log, "_told", {})


@pytest.fixture
def pair(client, user):
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
    """A function that gets a ticket, by the token of the user or by a key."""

    def get(key=None, **body):
        headers = {"HTTP_X_API_KEY": key} if key else bearer(access)
        response = client.post(AUTH + "ticket/", body, **headers)
        assert response.status_code == 201, response.content
        return response.json()["ticket"]

    return get
