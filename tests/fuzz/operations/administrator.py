"""What an administrator does in Python, and the clock."""

from __future__ import annotations

from functools import partial

from authkit.factors.flows import remove_second_factor, unlock
from authkit.sessions.ending.revoke import end_sessions
from django.core.management import call_command

from tests.fuzz.model import DAY, HOUR
from tests.fuzz.operations.attempt import Attempt, nothing, operation, others
from tests.fuzz.world import USER, Answer

#: Seconds, and how likely each is.
WAITS = {1: 4, 4: 4, 7: 4, 12: 4, 31: 24, 61: 8, 280: 2, 310: 2, 900: 2, HOUR: 3, DAY - 60: 1}
WAITS |= {3 * DAY: 0.5}


def by_administrator(says, act, then, **more):
    def send():
        act()
        return Answer(204, None)

    return Attempt(f"administrator {says}", send, True, then, **more)


@operation(0.5)
def administrator_sets_password(world, dice):
    account, new = world.account, world.new_password()

    def act():
        user = world.row()
        if user is not None:
            user.set_password(new)
            user.save(update_fields=["password"])

    def then(answer):
        account.set_password(new)
        account.forget_way_back()

    return by_administrator(
        f"sets {world.called(new)}",
        act,
        then,
        ends=others(world),
        facts={"new password": new, "administrator": True},
    )


@operation(1, email=True)
def administrator_restores(world, dice):
    """The first address again, whichever account has it now."""
    account, first = world.account, world.addresses[0]
    if account.email == first:
        return None

    def act():
        USER.objects.filter(pk=world.user.pk).update(email=first)

    def then(answer):
        account.set_email(first)
        account.forget_way_back()

    facts = {"administrator": True, "moves to": first}
    return by_administrator(f"restores {first}", act, then, facts=facts)


@operation(0.5)
def administrator_switches(world, dice):
    account = world.account
    active = not account.active

    def act():
        USER.objects.filter(pk=world.user.pk).update(is_active=active)

    def then(answer):
        account.active = active and not account.deleted

    return by_administrator("switches the account " + ("on" if active else "off"), act, then)


@operation(0.5)
def administrator_ends_sessions(world, dice):
    def act():
        if user := world.row():
            end_sessions(user, actor=None, note="asked for")

    return by_administrator(
        "ends all sessions", act, lambda answer: world.account.end(), ends=others(world)
    )


@operation(0.5)
def administrator_removes_factor(world, dice):
    if not world.account.secret:
        return None

    def act():
        if user := world.row():
            remove_second_factor(user, note="lost phone")

    return by_administrator(
        "removes the factor",
        act,
        lambda answer: world.account.set_factor(),
        ends=others(world),
        facts={"turns off": True},
    )


@operation(0.5)
def administrator_unlocks(world, dice):
    def act():
        if user := world.row():
            unlock(user)

    return by_administrator("unlocks", act, nothing)


@operation(1)
def prune(world, dice):
    return by_administrator("prunes", partial(call_command, "authkit_prune", verbosity=0), nothing)


@operation(9)
def wait(world, dice):
    [seconds] = dice.choices(list(WAITS), list(WAITS.values()))
    if not world.account.active:
        return administrator_switches(world, dice)  # sequences do not stay there for long
    return by_administrator(f"sees {seconds} s pass", partial(world.clock.shift, seconds), nothing)
