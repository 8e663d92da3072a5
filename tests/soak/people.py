"""People who log in, refresh and log out, and remember what they were answered."""

import http.client
import json
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.factors.phone import Phone

PASSWORD = "correct horse battery staple"
AUTH = "/api/v1/auth/"


class Ledger:
    """The answers of all, and what must hold from then on."""

    def __init__(self):
        self.answers = Counter()
        self.violations = []
        self.ended = []
        self.spent = []
        self._lock = threading.Lock()

    def note(self, what, status):
        with self._lock:
            self.answers[status] += 1
            if status == 500:
                self.violations.append(f"{what} was answered 500")

    @property
    def requests(self):
        with self._lock:
            return sum(self.answers.values())

    def must(self, holds, sentence):
        if not holds:
            self.violations.append(sentence)


class Person:
    def __init__(self, name, ports, ledger):
        self.name, self.ports, self.ledger = name, ports, ledger
        self.codes = []

    def ask(self, method, path, body=None, access=None):
        """Ask any worker; return status and body, or (None, None) where no answer came."""
        connection = http.client.HTTPConnection("127.0.0.1", random.choice(self.ports), timeout=20)
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {access}"} if access else {}
        try:
            connection.request(method, AUTH + path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            status, content = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            status, content = None, b""
        finally:
            connection.close()
        self.ledger.note(f"{method} {path}", status)
        is_json = status is not None and content.startswith((b"{", b"["))
        return status, json.loads(content) if is_json else None

    def insist(self, *question):
        """Ask until a worker answers, and not with 503."""
        while True:
            status, body = self.ask(*question)
            if status not in (None, 503):
                return status, body

    def log_in(self, password=PASSWORD):
        return self.insist("POST", "token/", {"username": self.name, "password": password})

    def live(self, until):
        while not until.is_set():
            if self.codes:
                self.use_a_code()
            else:
                self.come_and_go()

    def come_and_go(self):
        status, pair = self.log_in()
        if status != 200:
            return
        for _ in range(3):
            status, successor = self.insist("POST", "token/refresh/", {"refresh": pair["refresh"]})
            if status != 200:  # an answer was lost for longer than the grace
                return
            pair = successor
        self.ask("GET", "sessions/", access=pair["access"])
        status, _ = self.ask("POST", "token/revoke/", {"refresh": pair["refresh"]})
        if status == 204:
            self.ledger.ended.append(pair)
            self.assert_ended(pair)
        status, _ = self.ask("POST", "token/", {"username": self.name, "password": "wrong"})
        self.ledger.must(status != 200, "a wrong password logged in")

    def assert_ended(self, pair):
        status, _ = self.insist("GET", "sessions/", None, pair["access"])
        self.ledger.must(status == 401, f"a log-out was undone: sessions/ {status}")
        status, _ = self.insist("POST", "token/refresh/", {"refresh": pair["refresh"]})
        self.ledger.must(status == 401, f"a log-out was undone: token/refresh/ {status}")

    def enrol(self):
        access = self.log_in()[1]["access"]
        phone = Phone(self.insist("POST", "2fa/totp/setup/", {}, access)[1]["secret"])
        body = {"code": phone.code()}
        self.codes = self.insist("POST", "2fa/totp/verify/", body, access)[1]["recovery_codes"]

    def use_a_code(self):
        """Two challenges and one code, at one moment: one session at most."""
        challenges = [self.log_in() for _ in range(2)]
        code = self.codes.pop()
        bodies = [
            {"challenge": body["challenge"], "code": code}
            for status, body in challenges
            if status == 202
        ]
        with ThreadPoolExecutor(2) as both:
            done = both.map(lambda body: self.ask("POST", "token/second-factor/", body), bodies)
            won = [status for status, _ in done].count(200)
        self.ledger.must(won <= 1, "a recovery code was spent twice")
        if won:
            self.ledger.spent.append((self, code))

    def assert_spent(self, code):
        status, body = self.log_in()
        if status == 202:
            answer = {"challenge": body["challenge"], "code": code}
            status, _ = self.insist("POST", "token/second-factor/", answer)
        self.ledger.must(status != 200, "a recovery code was spent twice")
