"""What holds after each step, and what holds under any order of steps that overlap.

:func:`check_step` compares an answer and the database with the model, exactly.
:func:`check_round` knows no order, so it asserts only what none may break.
"""

from __future__ import annotations

from collections import defaultdict

from authkit.core.identity import one_time_links
from authkit.core.identity.models import Purpose
from authkit.factors.recovery_codes.codes import digest
from authkit.factors.totp.rfc6238 import base32
from authkit.models import RecoveryCode, Session, TOTPDevice
from django.contrib.auth.hashers import check_password

from tests.fuzz.model import Unsure
from tests.sessions.forge import claims_of

#: Rate limits may refuse whatever is allowed otherwise.
LIMITED = {423, 429}


class Violation(AssertionError):
    """An invariant does not hold."""


def require(condition, text):
    if not condition:
        raise Violation(text)


# --- one step after the other -------------------------------------------------------------


def check_step(world, attempt, answer):
    """Compare the answer with what the model expected; then the database with the model."""
    no_server_error(attempt, answer)
    success = answer.status in attempt.successes
    if attempt.allowed is False:
        require(answer.status >= 400, "it succeeded, and had to be refused")
    if attempt.allowed is True and answer.status not in LIMITED:
        require(success, f"it was refused, and had to succeed: {answer.body}")
    require(success or answer.status >= 400, f"it succeeded otherwise than it may: {answer}")
    try:
        (attempt.then if success else attempt.refused)(answer)
    except AssertionError as broken:
        raise Violation(str(broken)) from None
    if not success or attempt.allowed is None:
        follow_refusal(world, attempt)
    agree(world)


def no_server_error(attempt, answer):
    require(answer.status < 500, f"a server error: {answer}\n{answer.trace}")


def follow_refusal(world, attempt):
    """Learn what a request has spent that was refused for another reason: never more than that."""
    account, device = world.account, confirmed(world)
    if account.secret and device is not None and base32(device.unseal()) == account.secret:
        require(device.last_step >= account.last_step, "a spent time step is unspent again")
        account.last_step = device.last_step
        account.recovery &= unspent(world, account.recovery)
    if attempt.allowed is None and account.active:
        live = live_in_database(world)
        for key, session in account.sessions.items():
            session.ended = session.ended or (not session.pending and key not in live)


def agree(world):
    """Compare the database with the model."""
    account, user = world.account, world.row()
    require((user is None) == account.deleted, "the account is there, or not there")
    if user is None:
        return
    require(check_password(account.password, user.password), "another password is stored")
    require(getattr(user, "email", "") == account.email, "another e-mail address is stored")
    require(user.is_active == account.active, "the account is active, or not")
    device = confirmed(world)
    secret = "" if device is None else base32(device.unseal())
    require(secret == account.secret, "another second factor is on, or none")
    if device is not None:
        require(device.last_step == account.last_step, "another time step is spent")
    codes = RecoveryCode.objects.filter(user=user).count()
    require(codes == len(account.recovery), f"{codes} recovery codes are left")
    agree_about_sessions(world)
    way_back_is_there(world)


def agree_about_sessions(world):
    live = live_in_database(world)
    require(live <= set(world.account.sessions), "a session has no client")
    for key, session in world.account.sessions.items():
        try:
            expected = world.account.live(key)
        except Unsure:
            continue
        says = "lives, and must not" if key in live else "has ended, and must not"
        require((key in live) == expected, f"session {session.by} {says}")


def way_back_is_there(world):
    """The oldest e-mail address of seven days can be restored."""
    account = world.account
    try:
        if not account.active or not account.has_way_back():
            return
    except Unsure:
        return
    found = one_time_links.find(Purpose.EMAIL_CHANGE_UNDO, account.undo.token)
    require(found is not None, f"the way back to {account.undo.to} is destroyed")


def live_in_database(world):
    rows = Session.objects.filter(user=world.user.pk).select_related("user")
    return {str(row.pk) for row in rows if row.is_live()}


def confirmed(world):
    return TOTPDevice.objects.filter(user=world.user.pk, confirmed=True).first()


def unspent(world, codes):
    stored = set(RecoveryCode.objects.filter(user=world.user.pk).values_list("digest", flat=True))
    return {code for code in codes if digest(code, world.user.pk) in stored}


# --- steps that overlap -------------------------------------------------------------------


class Round:
    """What was done at one moment, and the account before and after it."""

    def __init__(self, world, done, before):
        self.world, self.done, self.before = world, done, before
        # A log-in may be asked for a code, or not, as the factor is on or off at its moment.
        self.successes = [(attempt, answer) for attempt, answer in done if answer.status < 300]
        self.live = live_in_database(world)
        self.user = world.row()
        self.links = world.read_mail()

    def all(self, fact):
        return [attempt.facts[fact] for attempt, _ in self.successes if fact in attempt.facts]

    def opened(self, kind):
        return [
            attempt.facts for attempt, _ in self.successes if attempt.facts.get("opens") == kind
        ]


def check_round(round_):
    for attempt, answer in round_.done:
        no_server_error(attempt, answer)
        if answer.status < 300 and attempt.hopeless:
            # Without a factor no code is asked for, and a spent one does no harm.
            is_code = "code" in attempt.hopeless and round_.all("turns off")
            require(is_code, f"{attempt.says} succeeded, and {attempt.hopeless}")
    for rule in (
        spent_once,
        one_successor,
        ended_is_ended,
        password_follows,
        sessions_have_proof,
        email_follows,
        factor_follows,
        way_back_survives,
    ):
        rule(round_)


def spent_once(round_):
    spenders = defaultdict(list)
    for attempt, _ in round_.successes:
        for what in attempt.spends:
            spenders[what].append(attempt.says)
    for what, says in spenders.items():
        is_asked_for = what[0] != "code" or not round_.all("turns off")
        require(len(says) == 1 or not is_asked_for, f"one {what[0]} did for {says}")


def one_successor(round_):
    """Of the requests that refresh one token, those of one network get its successor."""
    networks = defaultdict(set)
    for attempt, answer in round_.successes:
        if "refreshes" in attempt.facts:
            key, generation = attempt.facts["refreshes"]
            claims = claims_of(answer.body["refresh"])
            successor = (claims["sid"], claims["generation"])
            require(successor == (key, generation + 1), "a refresh token has another successor")
            networks[key, generation].add(attempt.facts["by"])
    for seen in networks.values():
        require(len(seen) == 1, "a refresh token was refreshed from two networks")
    for attempt, answer in round_.done:
        if answer.code == "token_reused":
            key = attempt.facts["refreshes"][0]
            require(key not in round_.live, "a session lives on after its token was reused")


def ended_is_ended(round_):
    for attempt, _ in round_.successes:
        alive = round_.live & attempt.ends
        require(not alive, f"{attempt.says} was acknowledged, and {len(alive)} sessions live")
    for key, session in round_.before.sessions.items():
        was_over = session.ended or session.password != round_.before.password
        require(not (was_over and key in round_.live), f"session {session.by} lives again")


def password_follows(round_):
    if round_.user is None:
        return
    news = round_.all("new password")
    possible = news or [round_.before.password]
    stored = [text for text in possible if check_password(text, round_.user.password)]
    require(stored, "an acknowledged change of password was undone")


def sessions_have_proof(round_):
    """Each live session was live before, or has proved the password and the factor of now."""
    before = {key for key, session in round_.before.sessions.items() if not session.pending}
    device = confirmed(round_.world)
    turned_on = round_.all("turns on")
    proofs = {}
    for attempt, answer in round_.successes:
        if "password" in attempt.facts and answer.status == 200:
            key = claims_of(answer.body["access"])["sid"]
            proofs[key] = attempt.facts
    for key in round_.live - before:
        require(key in proofs, "a session has no client")
        proof = proofs[key]
        is_right = check_password(proof["password"], round_.user.password)
        require(is_right, "a session lives that proved another password")
        has_factor = device is not None and (round_.before.secret or turned_on)
        require(not has_factor or proof["code"], "a session lives that proved no factor")


def email_follows(round_):
    if round_.user is None:
        return
    moves = round_.all("moves to")
    email = getattr(round_.user, "email", "")
    require(email in {round_.before.email, *moves}, f"the e-mail address became {email}")
    undone = round_.opened("undo")
    if undone and not round_.all("administrator"):
        require(email == undone[0]["moves to"], "an acknowledged undo was undone")


def factor_follows(round_):
    if round_.user is None:
        return
    on, off = round_.all("turns on"), round_.all("turns off")
    device = confirmed(round_.world)
    secret = "" if device is None else base32(device.unseal())
    possible = set(on) | ({""} if off else set()) or {round_.before.secret}
    require(secret in possible, "the second factor is another one than was acknowledged")
    if not on and not off and not round_.all("replaces codes"):
        left = unspent(round_.world, round_.before.recovery)
        used = {attempt.facts.get("code") for attempt, _ in round_.successes}
        require(not used & left, "a recovery code was accepted and is unspent")


def way_back_survives(round_):
    undo, user = round_.before.undo, round_.user
    if round_.all("administrator") or round_.opened("undo"):
        return
    try:
        had_way_back = round_.before.has_way_back()
    except Unsure:
        return
    mailed = [link.to for link in round_.links if link.kind == "undo"]
    require(mailed in ([], [round_.before.email]), "a way back was mailed elsewhere")
    require(not (had_way_back and mailed), "a newer address has got a way back")
    if not had_way_back or user is None:
        return
    found = one_time_links.find(Purpose.EMAIL_CHANGE_UNDO, undo.token)
    require(found is not None, f"the way back to {undo.to} is destroyed")
