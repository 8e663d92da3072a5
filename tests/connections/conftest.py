import pytest
from authkit.connections import registry
from authkit.connections.registry import Connection
from authkit.core.http.client import Client
from authkit.principals.resolve import resolve
from django.test import RequestFactory


@pytest.fixture
def connect(client):
    """A function that opens a connection, by the log-in of a user or by a key."""
    opened = []

    def connect(user=None, key=None):
        token = {} if user is None else {"Authorization": f"Bearer {client.pair(user)['access']}"}
        headers = token if key is None else {"X-API-Key": key}
        principal = resolve(RequestFactory().get("/", headers=headers))
        connection = Connection(principal, Client("127.0.0.1", ""))
        registry.add(connection)
        opened.append(connection)
        return connection

    yield connect
    for connection in opened:
        registry.discard(connection)
    assert registry.every() == set()
