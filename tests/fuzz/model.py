"""What must be true of one account, as DESIGN says it: an oracle that shares no code with authkit.

Every answer is compared with it. It says of a request that it must succeed, that it must be
refused, or, by :class:`Unsure`, that a moment is too close to tell.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tests.factors.phone import STEP, Phone, code_at

MINUTE, HOUR, DAY = 60, 3600, 86400

GRACE = 10
RECENT = 5 * MINUTE
CHALLENGE_LIFETIME, CHALLENGE_TRIES = 5 * MINUTE, 5
SETUP_LIFETIME = 15 * MINUTE
IDLE_LIFETIME, ABSOLUTE_LIFETIME = DAY, 30 * DAY

#: How long the links of mails are valid.
LIFETIMES = {"reset": 30 * MINUTE, "verify": DAY, "change": DAY, "stop": DAY, "undo": 7 * DAY}

#: Whole seconds in tokens, and what a limit includes, are no matter of this fuzz.
MARGIN = 1.5


class Unsure(Exception):
    """A moment is too close to a limit for an exact expectation."""


def now() -> float:
    return time.time()


def passed(moment: float) -> bool:
    if abs(now() - moment) < MARGIN:
        raise Unsure
    return now() > moment


@dataclass
class Session:
    """One log-in; ``by`` is the number that the printed sequence calls it."""

    by: int
    password: str
    has_code: bool = False
    pending: bool = False
    tries: int = 0
    generation: int = 0
    ended: bool = False
    rotated_from: str = ""
    started: float = field(default_factory=now)
    used: float = field(default_factory=now)

    def expired(self) -> bool:
        return passed(self.used + IDLE_LIFETIME) or passed(self.started + ABSOLUTE_LIFETIME)


@dataclass
class Pair:
    """The tokens of one answer, which everybody may have copied."""

    session: str
    generation: int
    access: str
    refresh: str
    expires: float
    proved: float
    refresh_expires: float


@dataclass
class Link:
    """A link of a mail: what it does, to whom it was sent, and the account as it was then."""

    kind: str
    token: str
    uid: str
    to: str
    account: tuple = ()
    session: str = ""
    sent: float = field(default_factory=now)
    dead: bool = False
    #: Of rounds: whether it was mailed before the present one.
    sent_before: bool = False

    def expired(self) -> bool:
        return passed(self.sent + LIFETIMES[self.kind])


@dataclass
class Setup:
    secret: str
    factor: int
    made: float = field(default_factory=now)


@dataclass
class Account:
    password: str
    email: str
    active: bool = True
    deleted: bool = False
    #: The passwords that it had before.
    replaced: set = field(default_factory=set)
    secret: str = ""
    #: Counts every change of the factors.
    factor: int = 0
    last_step: int = -1
    recovery: set = field(default_factory=set)
    setup: Setup | None = None
    undo: Link | None = None
    sessions: dict = field(default_factory=dict)
    links: list = field(default_factory=list)

    # --- what is proved -----------------------------------------------------------------

    def right_password(self, password) -> bool:
        return password == self.password

    def right_code(self, code, *, stand_alone=False) -> bool:
        if not self.secret or code is None:
            return False
        if code in self.recovery:
            return not stand_alone
        return self.step_of(code, self.secret) > self.last_step

    @staticmethod
    def step_of(code, secret) -> int:
        """Return the time step of a code that is right at present, else -1: too old, or wrong."""
        present, key = int(now() // STEP), Phone(secret).secret
        right = [step for step in (present, present - 1) if code_at(key, step * STEP) == code]
        return right[0] if right else -1

    def live(self, key) -> bool:
        session = self.sessions.get(key)
        usable = session and not session.ended and not session.pending and self.active
        return bool(usable and session.password == self.password and not session.expired())

    def pending(self, key) -> bool:
        session = self.sessions[key]
        usable = session.pending and not session.ended and self.active
        return bool(
            usable
            and session.password == self.password
            and session.tries < CHALLENGE_TRIES
            and not passed(session.started + CHALLENGE_LIFETIME)
        )

    def opens(self, pair) -> bool:
        return self.live(pair.session) and not passed(pair.expires)

    def recent(self, pair) -> bool:
        return not passed(pair.proved + RECENT)

    def state(self) -> tuple:
        """Return what links are bound to."""
        return self.password, self.email, self.factor

    def works(self, link) -> bool | None:
        """Say whether a link must do what it is for; None where either is in order."""
        if link.dead or not self.active or link.expired():
            return False
        if link.kind == "undo":
            return link is self.undo
        if link.kind == "change":
            return link.account == self.state() and self.live(link.session)
        if link.kind == "reset":
            latest = [each for each in self.links if each.kind == "reset"][-1]
            return (link is latest or None) if link.account[:2] == self.state()[:2] else False
        return None

    def has_way_back(self) -> bool:
        return self.undo is not None and not passed(self.undo.sent + LIFETIMES["undo"])

    # --- what happens -------------------------------------------------------------------

    def use_code(self, code):
        if code in self.recovery:
            self.recovery.discard(code)
        elif self.secret:
            self.last_step = max(self.last_step, self.step_of(code, self.secret))

    def end(self, *, but=None):
        for key, session in self.sessions.items():
            session.ended = session.ended or key != but

    def set_password(self, password, *, but=None):
        self.replaced.add(self.password)
        self.password = password
        self.end(but=but)
        if but is not None:
            self.sessions[but].password = password
        self.kill_links("reset", "change")

    def set_factor(self, secret="", step=-1, recovery=(), *, but=None):
        self.factor += 1
        self.secret, self.last_step, self.recovery = secret, step, set(recovery)
        self.setup = None
        self.end(but=but)
        self.kill_links("change")

    def set_email(self, email):
        self.email = email
        self.kill_links("reset", "change", "stop")

    def kill_links(self, *kinds):
        for link in self.links:
            link.dead = link.dead or link.kind in kinds

    def forget_way_back(self):
        self.undo = None
        self.kill_links("undo")
