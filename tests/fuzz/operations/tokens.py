"""Refreshing, using and ending sessions."""

from __future__ import annotations

from functools import partial

from tests.fuzz.model import GRACE, now, passed
from tests.fuzz.operations.attempt import (
    Attempt,
    dead_token,
    expected,
    operation,
    others,
    some_network,
    some_pair,
)


def may_refresh(world, pair, by):
    session, account = world.account.sessions[pair.session], world.account
    if not account.live(pair.session) or passed(pair.refresh_expires):
        return False
    if pair.generation == session.generation:
        return True
    in_time = pair.generation == session.generation - 1 and not passed(session.used + GRACE)
    return in_time and session.rotated_from == by


@operation(8)
def refresh(world, dice):
    pair, by = some_pair(world, dice), some_network(dice)
    if pair is None:
        return None
    session = world.account.sessions[pair.session]
    is_spent = pair.generation < session.generation
    was_live = expected(world.account.live, pair.session)
    too_old = pair.generation < session.generation - 1

    def then(answer):
        kept = world.keep(answer.body)
        assert kept.session == pair.session, "the tokens are of another session"
        assert kept.generation == pair.generation + 1, "the tokens are not the successor"
        if not is_spent:
            session.generation, session.used, session.rotated_from = kept.generation, now(), by

    def refused(answer):
        session.ended = session.ended or bool(is_spent and was_live)

    return Attempt(
        f"{by} refreshes {world.called(pair)}",
        partial(world.call, by, "post", "token/refresh/", {"refresh": pair.refresh}),
        expected(may_refresh, world, pair, by),
        then,
        refused,
        hopeless=dead_token(world, pair) or ("it was spent twice before" if too_old else ""),
        facts={"refreshes": (pair.session, pair.generation), "by": by},
    )


@operation(2)
def use(world, dice):
    pair = some_pair(world, dice)
    if pair is None:
        return None
    path = dice.choice(["sessions/", "me/", "2fa/", "events/"])
    return Attempt(
        f"reads {path} with {world.called(pair)}",
        partial(world.call, "thief", "get", path, None, pair),
        expected(world.account.opens, pair),
        hopeless=dead_token(world, pair),
    )


def is_valid(world, pair, kind):
    if kind == "access":
        return world.account.opens(pair)
    return may_refresh(world, pair, "owner")


@operation(2)
def verify(world, dice):
    pair, kind = some_pair(world, dice), dice.choice(["access", "refresh"])
    if pair is None:
        return None
    token = {"token": getattr(pair, kind)}
    return Attempt(
        f"verifies the {kind} token of {world.called(pair)}",
        partial(world.call, "owner", "post", "token/verify/", token),
        expected(is_valid, world, pair, kind),
        hopeless=dead_token(world, pair),
    )


@operation(1)
def log_out(world, dice):
    pair = some_pair(world, dice)
    if pair is None:
        return None

    def then(answer):
        world.account.sessions[pair.session].ended = True

    return Attempt(
        f"logs out of {world.called(pair)}",
        partial(world.call, "owner", "post", "token/revoke/", {"refresh": pair.refresh}),
        True,
        then,
        ends=frozenset([pair.session]),
    )


@operation(1)
def end_session(world, dice):
    pair, account = some_pair(world, dice), world.account
    if pair is None:
        return None
    key = dice.choice(list(account.sessions))

    def then(answer):
        account.sessions[key].ended = True

    return Attempt(
        f"ends session {account.sessions[key].by} from {world.called(pair)}",
        partial(world.call, "owner", "delete", f"sessions/{key}/", None, pair),
        expected(account.opens, pair) and expected(account.live, key),
        then,
        hopeless=dead_token(world, pair),
        ends=frozenset([key]),
    )


@operation(1)
def end_others(world, dice):
    pair, account = some_pair(world, dice), world.account
    if pair is None:
        return None
    return Attempt(
        f"ends all but {world.called(pair)}",
        partial(world.call, "owner", "delete", "sessions/", None, pair),
        expected(account.opens, pair),
        lambda answer: account.end(but=pair.session),
        hopeless=dead_token(world, pair),
        ends=others(world, pair.session),
    )
