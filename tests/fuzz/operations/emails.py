"""Moving the e-mail address, and the links of its mails."""

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
    spent_code,
    spent_with,
    wrong_password,
)


@operation(12, email=True)
def change_email(world, dice):
    pair, account = some_pair(world, dice), world.account
    if pair is None:
        return None
    target = dice.choice([*world.addresses, *world.addresses, world.taken])
    password = some_password(world, dice) if dice.random() < 0.7 else None
    code = maybe_code(world, dice, 0.3 if password else 0.8) if account.secret else None
    right = (password or code) is not None
    right = right and (password is None or account.right_password(password))
    right = right and (code is None or account.right_code(code))

    def then(answer):
        if code is not None:
            account.use_code(code)
        links = world.read_mail(pair.session)
        if links:
            sent_to = {(link.kind, link.to) for link in links}
            told = {("stop", account.email)} if account.email else set()
            moves = set() if target == world.taken else {("change", target)}
            assert sent_to == told | moves, f"links went elsewhere: {sent_to}"
            for link in account.links:
                link.dead = link.dead or (link.kind == "change" and link not in links)

    body = sent({"email": target, "password": password, "code": code})
    return Attempt(
        f"asks in {world.called(pair)} to move to {target} with {world.called(password)}, {code}",
        partial(world.call, "thief", "post", "email/change/", body, pair),
        expected(account.opens, pair) and right,
        then,
        spends=spent_with(account, code),
        hopeless=dead_token(world, pair)
        or wrong_password(world, password)
        or spent_code(world, code),
        facts={"code": code},
    )


def opened(world, link):
    """Return the effect of a link that has been opened."""
    account = world.account

    def then(answer):
        link.dead = True
        if link.kind == "change":
            before, had_way_back = account.email, account.has_way_back()
            account.set_email(link.to)
            mailed = world.read_mail()
            undo = [each for each in mailed if each.kind == "undo"]
            if had_way_back:
                assert not undo, "a newer address has got a way back"
            else:
                assert [each.to for each in undo] == [before], "the old address has no way back"
                [account.undo] = undo
        elif link.kind == "undo":
            account.set_email(link.to)
            account.forget_way_back()
            account.end()
        elif link.kind == "stop":
            account.kill_links("change", "stop")

    return then


@operation(16, email=True)
def open_link(world, dice):
    account = world.account
    if not account.links:
        return None
    [kind] = dice.choices(["change", "undo", "stop", "reset"], [14, 4, 2, 1])
    links = [link for link in account.links if link.kind == kind]
    good = [link for link in links if expected(account.works, link) is not False]
    links = good if good and dice.random() < 0.7 else links
    return open_one(world, dice.choice(links[-4:])) if links else None


def open_one(world, link):
    account = world.account
    allowed = False if link.kind == "reset" else expected(account.works, link)
    return Attempt(
        f"opens {world.called(link)}",
        partial(world.call, "thief", "post", "email/verify/", {"token": link.token}),
        allowed,
        opened(world, link),
        spends=(("link", link.token),),
        hopeless="its link is spent" if link.dead or link.kind == "reset" else "",
        ends=others(world) if link.kind == "undo" else frozenset(),
        facts={"link": link, "opens": link.kind, "moves to": link.to},
    )
