"""What an operation is, and what is chosen at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.factors.phone import STEP, Phone, code_at
from tests.fuzz.model import Unsure
from tests.fuzz.world import HAS_EMAIL, Answer


def nothing(answer):
    pass


@dataclass
class Attempt:
    """One request, and what is expected of it."""

    says: str
    send: Callable[[], Answer]
    #: True: must succeed; False: must be refused; None: either.
    allowed: bool | None
    then: Callable[[Answer], None] = nothing
    refused: Callable[[Answer], None] = nothing
    successes: tuple = (200, 201, 202, 204)
    #: What only one request can spend.
    spends: tuple = ()
    #: Why it can never succeed again, whatever happens beside it.
    hopeless: str = ""
    #: The sessions that have ended once it is acknowledged.
    ends: frozenset = frozenset()
    facts: dict = field(default_factory=dict)


#: The operations, and how often each is chosen.
OPERATIONS: dict[Callable[..., Attempt | None], float] = {}


def operation(weight, *, email=False):
    def register(prepare):
        if HAS_EMAIL or not email:
            OPERATIONS[prepare] = weight
        return prepare

    return register


def expected(judge, *arguments):
    try:
        return judge(*arguments)
    except Unsure:
        return None


def some_password(world, dice):
    if dice.random() < 0.85:
        return world.account.password
    return dice.choice([*world.passwords, "a wrong password"])


def some_code(world, dice):
    """Return a code: mostly a right one, else one that was accepted before, or a wrong one."""
    account = world.account
    choices = [(1, "000000")]
    if world.codes:
        choices.append((3, dice.choice(world.codes)))
    if account.recovery:
        choices.append((6, dice.choice(sorted(account.recovery))))
    is_fresh = account.secret and account.right_code(Phone(account.secret).code())
    of_app, of_setup = 20 if is_fresh else 2, account.setup and account.setup.secret
    for weight, secret in [(of_app, account.secret), (2, of_setup)]:
        if secret:
            choices.append((weight, Phone(secret).code(dice.choice([0, 0, 0, 0, 0, -1, -2]))))
    weights, codes = zip(*choices, strict=True)
    [code] = dice.choices(codes, weights)
    if code not in world.codes:
        world.codes.append(code)
    return code


def maybe_code(world, dice, likely):
    return some_code(world, dice) if dice.random() < likely else None


def some_pair(world, dice):
    """Return tokens: mostly some that work."""
    good = [pair for pair in world.pairs if expected(world.account.opens, pair)]
    if good and dice.random() < 0.9:
        return dice.choice(good[-3:])
    if world.pairs and dice.random() < 0.3:
        return dice.choice(world.pairs)
    return None


def some_network(dice):
    return dice.choice(["owner", "owner", "thief"])


def sent(body):
    return {name: value for name, value in body.items() if value is not None}


def dead_token(world, pair):
    """Say why a token can never be accepted again, if so."""
    session = world.account.sessions[pair.session]
    if session.ended or session.password != world.account.password or world.account.deleted:
        return "its session has ended"
    return ""


def spent_code(world, code):
    account = world.account
    if code is None or not account.secret or code in account.recovery:
        return ""
    if len(code) == 6:
        key = Phone(account.secret).secret
        steps = range(account.last_step, account.last_step - 3, -1)
        return "its code is spent" if code in [code_at(key, s * STEP) for s in steps] else ""
    return "its recovery code is spent"


def spent_with(account, code):
    return (("code", code),) if code and account.secret else ()


def wrong_password(world, password):
    return "its password has been replaced" if password in world.account.replaced else ""


def others(world, but=None):
    return frozenset(key for key in world.account.sessions if key != but)
