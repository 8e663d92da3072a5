"""What every journey has at hand: numbered steps, a client, and people with passwords."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model

from example_project.selftest.client import Client
from example_project.selftest.log import Collector
from example_project.selftest.mail import Mailbox

PASSWORD = "a-long-walk-through-everything"  # noqa: S105 - of users that live for one run
AUTH = "/api/v1/auth"


class StepFailed(Exception):
    """A numbered step that was not so; the cause says what was expected and what came."""

    def __init__(self, number, sentence, cause):
        super().__init__(sentence)
        self.number = number
        self.sentence = sentence
        self.cause = cause


@dataclass
class Tour:
    client: Client
    log: Collector
    mailbox: Mailbox
    say: Callable[[str], None]
    steps: int = field(default=0, init=False)

    @contextmanager
    def step(self, sentence):
        self.steps += 1
        try:
            yield
        except Exception as error:
            raise StepFailed(self.steps, sentence, error) from error
        self.say(f"ok  {self.steps:>2}  {sentence}")

    def headline(self, text):
        self.say(f"\n{text}")

    def person(self, username, **flags):
        return get_user_model().objects.create_user(username, password=PASSWORD, **flags)

    def try_login(self, username, password=PASSWORD):
        return self.client.post(f"{AUTH}/token/", {"username": username, "password": password})

    def login(self, username, password=PASSWORD):
        """Return the token pair of a new session."""
        return self.try_login(username, password).expect(200).data

    def logged_in(self, username):
        """Return a client that carries the access token of a new session."""
        return self.client.using(access=self.login(username)["access"])

    def refresh(self, token):
        return self.client.post(f"{AUTH}/token/refresh/", {"refresh": token})

    def verify(self, token):
        return self.client.post(f"{AUTH}/token/verify/", {"token": token})

    def revoke(self, token):
        return self.client.post(f"{AUTH}/token/revoke/", {"refresh": token})

    def books(self, **credentials):
        """Ask for the books: the plain request that every credential should open."""
        return self.client.using(**credentials).get("/api/v1/books/")


def expect_token_refused(answer):
    """The refusal of a bearer token as every client can read it (RFC 6750 section 3.1).

    Where the view is the project's own, DRF's exception handler leaves the code out of the body.
    """
    return answer.expect(401).expect_header(
        "WWW-Authenticate", 'Bearer realm="api", error="invalid_token"'
    )
