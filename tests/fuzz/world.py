"""One account, the mailboxes around it and a clock: what owner, thief and administrator act on.

Owner and thief differ by their network. Whatever one has seen the other may have copied: tokens,
passwords, codes and links are shared, so nothing that is refused is refused for want of luck.
"""

from __future__ import annotations

import itertools
import re
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core import mail

from tests.conftest import AUTH, PASSWORD, Client, bearer, has_column
from tests.fuzz.model import Account, Link, Pair, Session
from tests.sessions.forge import claims_of

USER = get_user_model()
HAS_EMAIL = has_column("email")
AUTHKIT = {
    "REGISTRATION": HAS_EMAIL,
    "EMAIL_VERIFICATION_URL": "https://app.example/confirm#token={token}",
    "PASSWORD_RESET_URL": "https://app.example/reset#uid={uid}&token={token}",
}
LINKS = re.compile(r"https://app\.example/\w+#(?:uid=([\w-]+)&(?:amp;)?)?token=([\w-]{43})")

#: The kind of a link, by the subject of its mail.
KINDS = {
    "Choose a new password": "reset",
    "Complete your registration": "verify",
    "Confirm your new e-mail address": "change",
    "A change of your e-mail address was requested": "stop",
    "Your e-mail address has been changed": "undo",
}

#: When every sequence begins.
START = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)

_numbers = itertools.count(1)


@dataclass
class Answer:
    status: int
    body: Any
    trace: str = ""

    @property
    def code(self):
        return self.body.get("code", "") if isinstance(self.body, dict) else ""

    def __str__(self):
        return f"{self.status} {self.code}".strip()


class World:
    def __init__(self, clock):
        self.clock = clock
        clock.move_to(START, tick=False)
        number = next(_numbers)
        # Of its own, as limits of networks outlast a sequence.
        ends = divmod(number, 250)
        self.networks = {
            "owner": f"10.1.{ends[0]}.{ends[1]}",
            "thief": f"10.2.{ends[0]}.{ends[1]}",
        }
        self.addresses = [f"{name}{number}@example.com" for name in "abcd"] if HAS_EMAIL else []
        self.taken = f"taken{number}@example.com"
        self.name = f"owner{number}"
        first = self.addresses[0] if HAS_EMAIL else ""
        self.user = self._make(self.name, first)
        if HAS_EMAIL:
            self._make(f"other{number}", self.taken)
        self.account = Account(PASSWORD, first)
        self.passwords = [PASSWORD]
        self.pairs: list[Pair] = []
        self.challenges: list[str] = []
        self.codes: list[str] = []
        #: The passwords of the registrations, by e-mail address.
        self.registered: dict[str, list[str]] = {}
        mail.outbox = []

    @staticmethod
    def _make(name, email):
        if not HAS_EMAIL:
            return USER.objects.create_user(name, PASSWORD)
        if USER.USERNAME_FIELD == "email":
            return USER.objects.create_user(email, PASSWORD)
        return USER.objects.create_user(name, password=PASSWORD, email=email)

    @property
    def username(self):
        return self.account.email if USER.USERNAME_FIELD == "email" else self.name

    def row(self):
        """Return the account as the database has it now; None where it has been deleted."""
        return USER.objects.filter(pk=self.user.pk).first()

    def call(self, by, method, path, body=None, pair=None):
        client = Client(REMOTE_ADDR=self.networks[by], raise_request_exception=False)
        headers = bearer(pair.access) if pair else {}
        response = getattr(client, method)(AUTH + path, body, format="json", **headers)
        trace = ""
        if getattr(response, "exc_info", None):
            trace = "".join(traceback.format_exception(*response.exc_info))
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        return Answer(response.status_code, response.json() if is_json else None, trace)

    # --- what an answer gives -----------------------------------------------------------

    def start(self, token, password, **facts):
        key = claims_of(token)["sid"]
        session = Session(len(self.account.sessions) + 1, password, **facts)
        return self.account.sessions.setdefault(key, session)

    def keep(self, body):
        """Keep the tokens of an answer for later; return the pair."""
        access, refresh = claims_of(body["access"]), claims_of(body["refresh"])
        pair = Pair(
            access["sid"],
            refresh["generation"],
            body["access"],
            body["refresh"],
            access["exp"],
            access["auth_time"],
            refresh["exp"],
        )
        self.pairs.append(pair)
        return pair

    def new_password(self):
        self.passwords.append(f"another long secret {len(self.passwords)}")
        return self.passwords[-1]

    def read_mail(self, session=""):
        """Return the links of new mails, which from now on everybody may open."""
        messages, mail.outbox = mail.outbox, []
        links = []
        for message in messages:
            found = LINKS.search(message.body)
            kind = KINDS.get(message.subject)
            if found and kind:
                state = self.account.state()
                uid, token = found[1] or "", found[2]
                links.append(Link(kind, token, uid, message.to[0], state, session))
        self.account.links += links
        return links

    # --- names for the printed sequence -------------------------------------------------

    def called(self, thing):
        if isinstance(thing, Pair):
            return f"session {self.account.sessions[thing.session].by}.{thing.generation}"
        if isinstance(thing, Link):
            return f"{thing.kind} link {self.account.links.index(thing) + 1} to {thing.to}"
        if thing in self.passwords:
            is_right = thing == self.account.password
            return f"password {self.passwords.index(thing) + 1}{' (right)' if is_right else ''}"
        if thing in self.codes:
            return f"code {self.codes.index(thing) + 1}"
        return str(thing)
