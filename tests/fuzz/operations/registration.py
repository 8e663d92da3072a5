"""Strangers who register, also with one e-mail address: one account comes of it."""

from __future__ import annotations

from functools import partial

from django.contrib.auth.hashers import check_password

from tests.accounts.calls import EMAIL, body
from tests.fuzz.operations.attempt import Attempt, expected, operation
from tests.fuzz.world import USER


@operation(1.5, email=True)
def register(world, dice):
    known = list(world.registered)
    number = len(known) if not known or dice.random() < 0.5 else dice.randrange(len(known))
    email = f"{world.name}-new{number}@example.com"
    password = f"the long secret {len(world.registered.get(email, ()))} of {email}"
    world.registered.setdefault(email, []).append(password)

    def then(answer):
        for link in world.read_mail():
            assert (link.kind, link.to) == ("verify", email), "a registration is mailed elsewhere"

    return Attempt(
        f"registers {email}",
        partial(world.call, "thief", "post", "register/", body(email, password=password)),
        True,
        then,
    )


@operation(2, email=True)
def complete_registration(world, dice):
    links = [link for link in world.account.links if link.kind == "verify"]
    if not links:
        return None
    link = dice.choice(links[-4:])
    # The reader of the mail chooses the password, whatever strangers have registered with.
    password = dice.choice([*world.registered[link.to], "chosen by the reader"])
    allowed = False if link.dead else expected(lambda: not link.expired())

    def then(answer):
        for each in links:
            each.dead = each.dead or each.to == link.to
        account = USER.objects.get(**{EMAIL: link.to})
        assert check_password(password, account.password), "another password was stored"

    return Attempt(
        f"completes with {world.called(link)}",
        partial(
            world.call,
            "thief",
            "post",
            "email/verify/",
            {"token": link.token, "password": password},
        ),
        allowed,
        then,
        spends=(("registration", link.to),),
        hopeless="its link is spent" if link.dead else "",
        facts={"link": link},
    )
