"""Logging in, with and without a second factor."""

from __future__ import annotations

from functools import partial

from tests.fuzz.model import now
from tests.fuzz.operations.attempt import (
    Attempt,
    dead_token,
    expected,
    maybe_code,
    nothing,
    operation,
    sent,
    some_code,
    some_network,
    some_pair,
    some_password,
    spent_code,
    spent_with,
    wrong_password,
)
from tests.fuzz.world import USER
from tests.sessions.forge import claims_of


@operation(7)
def log_in(world, dice):
    password, code = some_password(world, dice), maybe_code(world, dice, 0.4)
    return log_in_with(world, some_network(dice), password, code)


def log_in_with(world, by, password, code):
    account = world.account
    owes_code = bool(account.secret) and code is None
    body = {USER.USERNAME_FIELD: world.username, "password": password}
    body |= {} if code is None else {"otp": code}
    right = account.active and account.right_password(password)
    right = right and (not account.secret or owes_code or account.right_code(code))

    def then(answer):
        if answer.status == 202:
            challenge = answer.body["challenge"]
            world.challenges.append(challenge)
            world.start(challenge, password, pending=True)
            return
        proved = bool(account.secret)
        world.start(world.keep(answer.body).access, password, has_code=proved)
        if proved:
            account.use_code(code)

    return Attempt(
        f"{by} logs in with {world.called(password)}, code {world.called(code)}",
        partial(world.call, by, "post", "token/", body),
        right,
        then,
        successes=(202,) if owes_code else (200,),
        spends=spent_with(account, code),
        hopeless=wrong_password(world, password) or spent_code(world, code),
        facts={"password": password, "code": code},
    )


@operation(12)
def complete(world, dice):
    if not world.challenges:
        return None
    account, by = world.account, some_network(dice)
    challenge = dice.choice(world.challenges[-3:])
    key = claims_of(challenge)["sid"]
    session, code = account.sessions[key], some_code(world, dice)
    is_pending = expected(account.pending, key)
    was_spent = session.ended or not session.pending

    def then(answer):
        world.keep(answer.body)
        session.pending, session.has_code = False, True
        session.used = now()
        account.use_code(code)

    def refused(answer):
        session.tries += 1

    return Attempt(
        f"{by} completes session {session.by} with {world.called(code)}",
        partial(
            world.call, by, "post", "token/second-factor/", {"challenge": challenge, "code": code}
        ),
        is_pending and account.right_code(code),
        then,
        refused if is_pending else nothing,
        spends=(("challenge", key), *spent_with(account, code)),
        hopeless="its challenge is spent" if was_spent else spent_code(world, code),
        facts={"password": session.password, "code": code},
    )


@operation(3)
def reauthenticate(world, dice):
    pair, account = some_pair(world, dice), world.account
    if pair is None:
        return None
    code = maybe_code(world, dice, 0.9 if account.secret else 0.1)
    password = some_password(world, dice) if not account.secret or dice.random() < 0.3 else None
    right = account.right_code(code) if account.secret else True
    right = right and (password is None or account.right_password(password))
    body = {"password": password, "code": code}

    def then(answer):
        world.keep({"access": answer.body["access"], "refresh": pair.refresh})
        if account.secret:
            account.use_code(code)

    return Attempt(
        f"reauthenticates in {world.called(pair)} with {world.called(password)}, {code}",
        partial(world.call, "owner", "post", "reauthenticate/", sent(body), pair),
        expected(account.opens, pair) and right,
        then,
        spends=spent_with(account, code),
        hopeless=dead_token(world, pair) or spent_code(world, code),
        facts={"code": code},
    )
