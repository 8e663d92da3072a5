from contextlib import contextmanager

import pytest
from authkit.models import APIKey
from django.db import connection
from django.test.utils import CaptureQueriesContext

#: What ATOMIC_REQUESTS adds around a view.
TRANSACTION_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@pytest.fixture
def make_key(db):
    """A function that makes a key and returns ``(row, key)``, without checking its fields."""

    def make(**fields):
        row = APIKey(**{"name": "night job", **fields})
        return row, APIKey.objects.insert(row)

    return make


@pytest.fixture
def assert_queries():
    """``with assert_queries(1): ...`` counts what is asked, transaction control left out."""

    @contextmanager
    def assert_number(number):
        with CaptureQueriesContext(connection) as captured:
            queries = []
            yield queries
        queries += [
            query["sql"]
            for query in captured
            if not query["sql"].upper().startswith(TRANSACTION_CONTROL)
        ]
        assert len(queries) == number, queries

    return assert_number
