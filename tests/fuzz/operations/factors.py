"""Turning the second factor on and off."""

from __future__ import annotations

from functools import partial

from tests.factors.phone import Phone
from tests.fuzz.model import HOUR, Setup, passed
from tests.fuzz.operations.attempt import (
    Attempt,
    dead_token,
    expected,
    maybe_code,
    operation,
    others,
    sent,
    some_code,
    some_pair,
    some_password,
    spent_code,
    spent_with,
    wrong_password,
)


@operation(7)
def set_up(world, dice):
    pair, account = some_pair(world, dice), world.account
    if pair is None:
        return None
    code = maybe_code(world, dice, 0.9) if account.secret else None
    right = account.right_code(code) if account.secret else expected(account.recent, pair)

    def then(answer):
        if account.secret:
            account.use_code(code)
        account.setup = Setup(answer.body["secret"], account.factor)

    return Attempt(
        f"sets up a factor in {world.called(pair)} with {code}",
        partial(world.call, "thief", "post", "2fa/totp/setup/", sent({"code": code}), pair),
        expected(account.opens, pair) and right,
        then,
        spends=spent_with(account, code),
        hopeless=dead_token(world, pair) or spent_code(world, code),
        facts={"code": code},
    )


def may_confirm(account, pair, code):
    setup = account.setup
    waits = setup and setup.factor == account.factor and not passed(setup.made + 15 * 60)
    return account.opens(pair) and bool(waits) and account.step_of(code, setup.secret) >= 0


@operation(9)
def confirm(world, dice):
    pair, account = some_pair(world, dice), world.account
    if pair is None or account.setup is None or expected(passed, account.setup.made + HOUR):
        return None
    secret = account.setup.secret
    code = Phone(secret).code() if dice.random() < 0.8 else some_code(world, dice)

    def then(answer):
        step = account.step_of(code, secret)
        account.set_factor(secret, step, answer.body["recovery_codes"], but=pair.session)
        account.sessions[pair.session].has_code = True
        world.codes.append(code)

    return Attempt(
        f"confirms the factor in {world.called(pair)} with {code}",
        partial(world.call, "thief", "post", "2fa/totp/verify/", {"code": code}, pair),
        expected(may_confirm, account, pair, code),
        then,
        spends=(("set-up", secret),),
        hopeless=dead_token(world, pair),
        ends=others(world, pair.session),
        facts={"turns on": secret},
    )


@operation(4)
def disable(world, dice):
    pair, account = some_pair(world, dice), world.account
    if pair is None or not account.secret:
        return None
    password, code = some_password(world, dice), some_code(world, dice)
    right = account.right_password(password) and account.right_code(code)
    body = {"password": password, "code": code}

    def then(answer):
        account.set_factor(but=pair.session)
        account.sessions[pair.session].has_code = False

    return Attempt(
        f"disables the factor in {world.called(pair)} with {world.called(password)}, {code}",
        partial(world.call, "thief", "post", "2fa/totp/disable/", body, pair),
        expected(account.opens, pair) and right,
        then,
        spends=spent_with(account, code),
        hopeless=dead_token(world, pair)
        or wrong_password(world, password)
        or spent_code(world, code),
        ends=others(world, pair.session),
        facts={"turns off": True, "code": code},
    )


@operation(2)
def new_recovery_codes(world, dice):
    pair, account = some_pair(world, dice), world.account
    if pair is None or not account.secret:
        return None
    code = some_code(world, dice)

    def then(answer):
        account.use_code(code)
        account.recovery = set(answer.body["recovery_codes"])

    return Attempt(
        f"makes new recovery codes in {world.called(pair)} with {code}",
        partial(world.call, "thief", "post", "2fa/recovery-codes/", {"code": code}, pair),
        expected(account.opens, pair) and account.right_code(code, stand_alone=True),
        then,
        spends=spent_with(account, code),
        hopeless=dead_token(world, pair) or spent_code(world, code),
        facts={"replaces codes": True, "code": code},
    )
