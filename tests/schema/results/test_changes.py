"""What happened to who may call an operation, between two audits."""

from __future__ import annotations

import pytest
from authkit.schema.probe.decision import State
from authkit.schema.results.changes import Change, Comparison, Kind, Seen, seen

from tests.schema.reporters.reports import report

PUBLIC, CLOSED = Seen(State.PUBLIC), Seen(State.CLOSED)
OPTIONAL = Seen(State.OPTIONAL, (("jwtAuth",),))
SECURED = Seen(State.SECURED, (("jwtAuth",),))
KEYS = Seen(State.SECURED, (("jwtAuth",), ("apiKey",)))
UNDECIDED, UNMAPPED = Seen(State.UNDECIDED), Seen(None)

KINDS = [
    (SECURED, PUBLIC, Kind.OPENED),
    (SECURED, OPTIONAL, Kind.OPENED),
    (CLOSED, PUBLIC, Kind.OPENED),
    (PUBLIC, SECURED, Kind.CLOSED),
    (OPTIONAL, CLOSED, Kind.CLOSED),
    (None, PUBLIC, Kind.NEW_OPEN),
    (None, OPTIONAL, Kind.NEW_OPEN),
    (None, SECURED, Kind.NEW_GUARDED),
    (None, CLOSED, Kind.NEW_GUARDED),
    (PUBLIC, None, Kind.REMOVED),
    (UNDECIDED, None, Kind.REMOVED),
    (SECURED, KEYS, Kind.CREDENTIALS),
    (KEYS, SECURED, Kind.CREDENTIALS),
    (SECURED, CLOSED, Kind.CREDENTIALS),
    (PUBLIC, OPTIONAL, Kind.CREDENTIALS),
    (KEYS, Seen(State.SECURED, KEYS.accepted[::-1]), Kind.SAME),
    (PUBLIC, PUBLIC, Kind.SAME),
    # What is not known is no claim, in neither direction.
    (UNDECIDED, PUBLIC, Kind.UNKNOWN),
    (SECURED, UNDECIDED, Kind.UNKNOWN),
    (UNDECIDED, UNDECIDED, Kind.UNKNOWN),
    (None, UNDECIDED, Kind.UNKNOWN),
    (UNMAPPED, SECURED, Kind.UNKNOWN),
    (PUBLIC, UNMAPPED, Kind.UNKNOWN),
]


@pytest.mark.parametrize(("before", "now", "kind"), KINDS)
def test_an_operation_changed_or_not(before, now, kind):
    assert Change("get", "/thing/", before, now).kind is kind


def test_every_operation_of_both_is_compared_once():
    before = {("get", "/a/"): SECURED, ("get", "/gone/"): PUBLIC}
    now = {("get", "/a/"): PUBLIC, ("post", "/a/"): SECURED}
    comparison = Comparison.of("main", before, now)
    assert [(one.method, one.path, one.kind) for one in comparison.changes] == [
        ("get", "/a/", Kind.OPENED),
        ("post", "/a/", Kind.NEW_GUARDED),
        ("get", "/gone/", Kind.REMOVED),
    ]
    assert sum(comparison.count(kind) for kind in Kind) == 3


def test_a_report_says_what_was_seen():
    found = seen(report())
    assert found["post", "/login/"] == PUBLIC
    assert found["get", "/reports/"] == Seen(State.SECURED, (("apiKey", "jwtAuth"),))
    assert found["get", "/gone/"] == UNMAPPED
