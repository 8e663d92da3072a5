"""Steps that overlap: several threads send what was prepared from one state, at one moment.

No model can know which came first, so the invariants of rounds are those of every order. The model
then adopts what the database says, to prepare the next round from it.
"""

from __future__ import annotations

from copy import deepcopy

from authkit.factors.totp.rfc6238 import base32
from authkit.models import Session, TOTPDevice
from django.contrib.auth.hashers import check_password

from tests.fuzz.invariants import Round, check_round, confirmed, unspent
from tests.fuzz.model import Setup
from tests.sessions.forge import claims_of


def play_round(world, attempts, crowd, lines):
    """Send these attempts at once, check what came of them, and adopt the state."""
    before = deepcopy(world.account)
    answers = crowd.at_once([attempt.send for attempt in attempts])
    done = list(zip(attempts, answers, strict=True))
    lines += [f"   {attempt.says}: {answer}" for attempt, answer in done]
    round_ = Round(world, done, before)
    check_round(round_)
    adopt(round_)


def adopt(round_):
    """Bring the model to what the database says after a round that has been checked."""
    world, account, user = round_.world, round_.world.account, round_.user
    for attempt, answer in round_.successes:
        keep_tokens(world, attempt, answer)
        if spent := attempt.facts.get("link"):
            for link in world.account.links:
                is_sibling = spent.kind == "verify" and link.to == spent.to
                link.dead = link.dead or link is spent or is_sibling
    if user is None:
        account.deleted, account.active = True, False
        return
    adopt_account(world, user)
    adopt_factor(round_)
    adopt_sessions(world)
    adopt_way_back(round_)


def keep_tokens(world, attempt, answer):
    body = answer.body if isinstance(answer.body, dict) else {}
    password = attempt.facts.get("password", "")
    if "challenge" in body:
        world.challenges.append(body["challenge"])
        world.start(body["challenge"], password, pending=True)
    if "refresh" in body:
        if claims_of(body["access"])["sid"] not in world.account.sessions:
            world.start(body["access"], password)
        world.keep(body)


def adopt_account(world, user):
    account = world.account
    password = next(text for text in world.passwords if check_password(text, user.password))
    email = getattr(user, "email", "")
    if (password, email) != (account.password, account.email):
        for link in account.links:
            # What was mailed in this round may be of either state.
            link.dead = link.dead or (link.kind in ("reset", "change") and link.sent_before)
    if password != account.password:
        account.replaced.add(account.password)
    account.password, account.email, account.active = password, email, user.is_active


def adopt_factor(round_):
    world, account = round_.world, round_.world.account
    device = confirmed(world)
    account.secret = "" if device is None else base32(device.unseal())
    account.last_step = -1 if device is None else device.last_step
    account.factor += bool(round_.all("turns on") or round_.all("turns off"))
    bodies = [answer.body for _, answer in round_.successes if isinstance(answer.body, dict)]
    codes = account.recovery.union(*(body.get("recovery_codes", ()) for body in bodies))
    account.recovery = unspent(world, codes)
    waits = TOTPDevice.objects.filter(user=world.user.pk, confirmed=False).first()
    account.setup = waits and Setup(base32(waits.unseal()), account.factor)


def adopt_sessions(world):
    account = world.account
    rows = {str(row.pk): row for row in Session.objects.filter(user=world.user.pk)}
    for key, session in account.sessions.items():
        row = rows.get(key)
        if row is None:
            session.ended = True
            continue
        row.user.is_active = True  # an account that is off may be switched on again
        session.ended = session.ended or not (row.is_live() or row.is_pending())
        session.pending, session.tries = row.pending_until is not None, row.pending_tries
        session.generation = row.generation
        session.used = row.last_used_at.timestamp()
        session.password = account.password if row.is_live() else session.password


def adopt_way_back(round_):
    account = round_.world.account
    if round_.all("administrator") or round_.opened("undo"):
        account.forget_way_back()
    elif undo := [link for link in round_.links if link.kind == "undo"]:
        [account.undo] = undo
    for link in account.links:
        if link.kind in ("change", "stop") and link.sent_before and round_.opened("stop"):
            link.dead = True
        link.sent_before = True
