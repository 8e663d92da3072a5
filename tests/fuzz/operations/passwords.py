"""Changing and resetting the password; deleting the account."""

from __future__ import annotations

from functools import partial

from tests.fuzz.operations.attempt import (
    Attempt,
    dead_token,
    expected,
    maybe_code,
    operation,
    others,
    sent,
    some_pair,
    some_password,
    wrong_password,
)


@operation(2)
def change_password(world, dice):
    pair, account = some_pair(world, dice), world.account
    if pair is None:
        return None
    current = some_password(world, dice)
    new = world.new_password()
    body = {"current_password": current, "new_password": new}
    return Attempt(
        f"changes {world.called(current)} to {world.called(new)} in {world.called(pair)}",
        partial(world.call, "owner", "post", "password/change/", body, pair),
        expected(account.opens, pair) and account.right_password(current),
        lambda answer: account.set_password(new, but=pair.session),
        spends=(("password", account.password),),
        hopeless=dead_token(world, pair) or wrong_password(world, current),
        ends=others(world, pair.session),
        facts={"new password": new},
    )


@operation(2, email=True)
def request_reset(world, dice):
    return reset_to(world, dice.choice([world.account.email, *world.addresses]))


def reset_to(world, email):

    def then(answer):
        for link in world.read_mail():
            assert (link.kind, link.to) == ("reset", world.account.email), "a reset goes elsewhere"
            assert email == world.account.email, "a reset was asked for with another address"

    return Attempt(
        f"asks for a reset to {email}",
        partial(world.call, "thief", "post", "password/reset/", {"email": email}),
        True,
        then,
    )


@operation(2, email=True)
def confirm_reset(world, dice):
    links = [link for link in world.account.links if link.kind == "reset"]
    return reset_by(world, dice.choice(links[-3:])) if links else None


def reset_by(world, link):
    account = world.account
    new = world.new_password()
    body = {"uid": link.uid, "token": link.token, "new_password": new}

    def then(answer):
        account.set_password(new)
        link.dead = True

    return Attempt(
        f"resets to {world.called(new)} by {world.called(link)}",
        partial(world.call, "thief", "post", "password/reset/confirm/", body),
        expected(account.works, link),
        then,
        spends=(("password", account.password),),
        hopeless="its link is spent" if link.dead else "",
        ends=others(world),
        facts={"new password": new, "link": link},
    )


@operation(0.5)
def delete_account(world, dice):
    pair, account = some_pair(world, dice), world.account
    if pair is None:
        return None
    password, code = some_password(world, dice), maybe_code(world, dice, 0.5)
    right = account.right_password(password)
    right = right and (not account.secret or account.right_code(code))
    if right and dice.random() < 0.8:
        password, right = "a wrong password", False  # most sequences go on

    def then(answer):
        account.deleted, account.active = True, False
        account.end()
        account.kill_links("reset", "change", "stop", "undo")
        account.undo = None

    body = sent({"password": password, "code": code})
    return Attempt(
        f"deletes the account in {world.called(pair)} with {world.called(password)}, {code}",
        partial(world.call, "owner", "delete", "me/", body, pair),
        expected(account.opens, pair) and right,
        then,
        hopeless=dead_token(world, pair) or wrong_password(world, password),
        ends=others(world),
        facts={"deletes": True},
    )
