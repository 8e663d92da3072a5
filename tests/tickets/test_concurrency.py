"""Sixteen connections of a database, and one ticket. On servers, and on SQLite in a file."""

import re
from functools import partial

import pytest
from authkit.core.http.client import Client
from authkit.errors import TicketInvalid
from authkit.models import Session, Ticket
from authkit.tickets.flows import redeem

from tests.database.sqlite_file import run_on_sqlite_file
from tests.sessions.crowd import Crowd

THREADS = 16
ROUNDS = 20


def opens(ticket):
    try:
        _, auth = redeem(ticket, "/ws/", Client("203.0.113.7", ""))
    except TicketInvalid:
        return None
    return auth.session.pk


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_of_sixteen_connections_with_one_ticket_one_is_opened(get_ticket):
    session = Session.objects.get().pk
    with Crowd(THREADS) as crowd:
        for _ in range(ROUNDS):
            opened = crowd.at_once([partial(opens, get_ticket())] * THREADS)
            assert [one for one in opened if one] == [session]
    assert Ticket.objects.exclude(spent_at=None).count() == ROUNDS


@pytest.mark.by_itself
@pytest.mark.slow
def test_sqlite_in_a_file_has_one_winner_too(tmp_path):
    told = run_on_sqlite_file(tmp_path, "tests/tickets/test_concurrency.py", "-m", "concurrency")
    assert re.search(r"\b1 passed", told)
