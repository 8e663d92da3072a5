"""What people send to the endpoints of their keys."""

from django.db import connection

from tests.conftest import AUTH, bearer

KEYS = AUTH + "api-keys/"


class Person:
    """A user who has just logged in."""

    def __init__(self, client, user):
        self.client, self.user = client, user
        self.headers = bearer(client.pair(user)["access"])

    def list(self):
        return self.client.get(KEYS, **self.headers)

    def create(self, name="nightly import", **fields):
        return self.client.post(KEYS, {"name": name, **fields}, **self.headers)

    def read(self, key_id):
        return self.client.get(f"{KEYS}{key_id}/", **self.headers)

    def change(self, key_id, **fields):
        return self.client.patch(f"{KEYS}{key_id}/", fields, **self.headers)

    def revoke(self, key_id):
        return self.client.delete(f"{KEYS}{key_id}/", **self.headers)

    def rotate(self, key_id, **fields):
        return self.client.post(f"{KEYS}{key_id}/rotate/", fields, **self.headers)

    def made(self, **fields):
        answer = self.create(**fields)
        assert answer.status_code == 201, answer.content
        return answer.json()


def with_key(key):
    return {"HTTP_X_API_KEY": key}


def assert_works(client, key, path="/key", **extra):
    assert client.get(path, **with_key(key), **extra).status_code == 200


def assert_refused(client, key, path="/key", **extra):
    answer = client.get(path, **with_key(key), **extra)
    assert (answer.status_code, answer.json()) == (401, {"detail": "The API key is not valid."})
    assert answer.data["detail"].code == "api_key_invalid"
    assert answer.headers["WWW-Authenticate"] == 'ApiKey realm="api"'


CONSTRAINTS = {
    "sqlite": ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"),
    "postgresql": (
        "SET session_replication_role = replica",
        "SET session_replication_role = DEFAULT",
    ),
    "mysql": ("SET foreign_key_checks = 0", "SET foreign_key_checks = 1"),
}


def delete_row_alone(user):
    """Delete a user and nothing that refers to it, as SQL without constraints does.

    The test needs ``transaction=True``: SQLite ignores the pragma within a transaction.
    """
    off, on = CONSTRAINTS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(off)
        type(user)._base_manager.filter(pk=user.pk)._raw_delete("default")
        cursor.execute(on)
