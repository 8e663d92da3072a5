"""What owner, thief and administrator can do: each operation is prepared, sent, and has an effect.

An operation says before it is sent whether the model lets it succeed. It returns None where there
is nothing that it could be done with.
"""

from __future__ import annotations

from functools import partial

from tests.fuzz.model import HOUR
from tests.fuzz.operations import factors, registration, tokens
from tests.fuzz.operations.administrator import (
    administrator_removes_factor,
    administrator_switches,
    administrator_unlocks,
    by_administrator,
    wait,
)
from tests.fuzz.operations.attempt import OPERATIONS, Attempt, expected, nothing
from tests.fuzz.operations.emails import open_one
from tests.fuzz.operations.log_in import log_in_with
from tests.fuzz.operations.passwords import reset_by, reset_to
from tests.fuzz.world import HAS_EMAIL

__all__ = ["OPERATIONS", "Attempt", "factors", "owner_returns", "registration", "tokens", "wait"]


def owner_returns(world):
    """Yield what the owner of the first mailboxes does in the end, all of which must succeed."""
    account = world.account
    if account.deleted:
        return
    if not account.active:
        yield administrator_switches(world, None)
    if expected(account.has_way_back):
        yield open_one(world, account.undo)
    if HAS_EMAIL:
        yield by_administrator("sees an hour pass", partial(world.clock.shift, HOUR), nothing)
        yield reset_to(world, account.email)
        yield reset_by(world, [link for link in account.links if link.kind == "reset"][-1])
    if account.secret:
        yield administrator_removes_factor(world, None)
    yield administrator_unlocks(world, None)
    yield log_in_with(world, "owner", account.password, None)
