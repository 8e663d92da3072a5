import pytest
from authkit.models import APIKey


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
def key(make_key, user):
    return make_key(owner=user, scopes=["books:read"])[1]
