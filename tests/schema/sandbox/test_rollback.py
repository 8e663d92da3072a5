"""Transactions around an audit: a statement that fails costs one operation, and no savepoints."""

from __future__ import annotations

from contextlib import suppress

import pytest
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.permissions import BasePermission

from tests.schema.documents import audited_schema, route, view


def decisions_about(*acts):
    """Return the states of views that read rows, each after its own act at the database."""
    routes = []
    for number, act in enumerate(acts):

        def has_permission(self, request, view, act=act):
            act()
            return Group.objects.filter(name="there").exists()

        acting = type("Acting", (BasePermission,), {"has_permission": has_permission})
        routes.append(route(view(permission_classes=[acting]), f"{number}/"))
    return [one.decision.state for one in audited_schema(*routes, probe=Probe(Tier.T2)).operations]


def read_what_is_not_there():
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")


def fail_and_go_on():
    with suppress(DatabaseError):
        read_what_is_not_there()


def fail_in_savepoint():
    with suppress(DatabaseError), transaction.atomic():
        read_what_is_not_there()


def insert_by_the_drivers_cursor():
    connection.connection.cursor().execute("INSERT INTO auth_group (name) VALUES ('written')")


def read():
    assert Group.objects.count() == 1


@pytest.mark.parametrize(
    "alone",
    [
        pytest.param(True, marks=pytest.mark.django_db(transaction=True)),
        pytest.param(False, marks=pytest.mark.django_db),
    ],
)
@pytest.mark.parametrize(
    "failing", [read_what_is_not_there, fail_and_go_on, insert_by_the_drivers_cursor]
)
def test_a_statement_that_fails_spoils_no_other_operation(failing, alone):
    assert connection.in_atomic_block is not alone
    Group.objects.create(name="there")
    first, *others = decisions_about(failing, read, fail_in_savepoint, failing, read)
    # A write that is refused nowhere is undone at least before the next question.
    assert first is not State.SECURED
    assert [others[0], others[1], others[3]] == [State.OPTIONAL] * 3
    assert Group.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_stands_between_questions_is_no_statement():
    Group.objects.create(name="there")
    with CaptureQueriesContext(connection) as few:
        decisions_about(read)
    with CaptureQueriesContext(connection) as many:
        decisions_about(*[read] * 5)
    saved = [
        len([query for query in queries.captured_queries if "SAVEPOINT" in query["sql"]])
        for queries in (few, many)
    ]
    assert saved[0] == saved[1]
