"""A client of an API that uses django-authkit.

Copy this file into your program. It needs the package ``requests``, version 2, and nothing else.

    client = Client("https://api.example.com/api/v1/auth/")
    client.log_in("ann", "correct horse battery staple", ask_for_code=ask)
    books = client.get("/api/v1/books/").json()
    client.log_out()

Threads may share a client.

SPDX-License-Identifier: BSD-3-Clause
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase

#: Seconds. A refresh whose answer is lost is repeated at once. The second try, too, has to fall
#: into the grace of the API (10 seconds), in which a spent token gets the same pair again.
REFRESH_TIMEOUT = 4
TIMEOUT = 30

#: A proxy answers for a server that may have spent the token already.
LOST = {502, 504}

#: Why a token was refused: the codes, and how the header ``WWW-Authenticate`` says them. The header
#: comes from every view, the code in the body depends on the exception handler of the API.
REASONS = {
    "token_expired": 'error_description="The access token expired"',
    "session_ended": 'error_description="The session has ended"',
    "step_up_required": 'error="insufficient_user_authentication"',
}


class Refused(Exception):
    """The API refused a request of this client.

    ``status`` and ``code`` say why, ``body`` which fields were wrong (400), and ``retry_after``
    for how many seconds to wait (423, 429, 503) if the API knows.
    """

    def __init__(self, response: requests.Response) -> None:
        self.body = _body(response)
        self.status = response.status_code
        self.code = _code(self.body)
        wait = response.headers.get("Retry-After", "")
        self.retry_after = int(wait) if wait.isdecimal() else None
        super().__init__(self.body.get("detail") or f"{self.status} {self.code}")


class SessionEnded(Exception):
    """There is no session, or not any more: ask the user to log in. ``code`` says why it ended."""

    def __init__(self, code: str | None = None) -> None:
        self.code = code
        super().__init__(code or "not logged in")


class Client(requests.Session):
    """A ``requests.Session`` that is logged in.

    :param auth_url: where the API includes ``authkit.urls``.
    :param tokens: what ``keep`` was called with last, to go on with that session.
    :param keep: called with the tokens after each change, and with None after the session has
        ended. A program that can read what it stores can act as the user.
    :param prove: called where the API asks for a fresh proof (step-up): asks the user, and
        returns ``{"code": ...}`` where the account has a second factor, else ``{"password": ...}``.
        Without it, the caller gets the 401.
    :param username_field: ``USERNAME_FIELD`` of the API's user model.
    """

    def __init__(
        self,
        auth_url: str,
        *,
        tokens: dict[str, Any] | None = None,
        keep: Callable[[dict[str, Any] | None], object] | None = None,
        prove: Callable[[], dict[str, str]] | None = None,
        username_field: str = "username",
    ) -> None:
        super().__init__()
        self.auth_url = auth_url.rstrip("/") + "/"
        self.username_field = username_field
        self._tokens = tokens
        self._on_change = keep
        self._prove = prove
        # Held by the one thread that changes the tokens.
        self._changing = threading.RLock()

    @property
    def is_logged_in(self) -> bool:
        """Say whether there are tokens; the API may have ended their session since."""
        return self._tokens is not None

    def log_in(self, username: str, password: str, ask_for_code: Callable[[bool], str]) -> None:
        """Log in with what the user has typed.

        :param ask_for_code: called where the account has a second factor, and again, with True,
            after a wrong code; returns a code of the app, or a recovery code.
        :raises Refused: nothing is tried again by itself, since each try counts.
        """
        credentials = {self.username_field: username, "password": password}
        answer = self._ask("token/", credentials)
        again = False
        while answer.status_code == 202:
            body = {"challenge": answer.json()["challenge"], "code": ask_for_code(again)}
            second = self._ask("token/second-factor/", body)
            code = _code(_body(second))
            if second.ok or code not in {"invalid_code", "invalid_challenge"}:
                answer = second
            elif code == "invalid_challenge":  # expired, or too many codes: a new one
                answer = self._ask("token/", credentials)
            again = True
        if not answer.ok:
            raise Refused(answer)
        with self._changing:
            self._keep(answer.json())

    def log_out(self) -> None:
        """End the session. The tokens are forgotten in any case, also if the API is not reached.

        :raises Refused: the API did not end it; it ends by itself when it is not used.
        """
        with self._changing:
            tokens = self._tokens
            if tokens is None:
                return
            self._keep(None)
        answer = self._ask("token/revoke/", {"refresh": tokens["refresh"]})
        if not answer.ok:
            raise Refused(answer)

    def reauthenticate(self, **proof: str) -> None:
        """Prove again who the user is, with ``code`` or ``password``.

        :raises Refused: the proof is wrong (401), or there were too many (423, 429).
        """
        answer = self._authorized("POST", urljoin(self.auth_url, "reauthenticate/"), json=proof)
        if not answer.ok:
            raise Refused(answer)
        with self._changing:
            self._keep({**self._present(), **answer.json()})

    def request(  # type: ignore[override]
        self, method: str, url: str, **kwargs: Any
    ) -> requests.Response:
        """Do what ``requests.Session.request`` does, as the user.

        :param url: of this API; a path such as ``/api/v1/books/`` will do. The body must be one
            that can be sent twice: no open file, no generator.
        :returns: the answer, whatever its status.
        :raises SessionEnded: log in again.
        :raises Refused: the token could not be refreshed now (429, 503). The session goes on.
        """
        answer = self._authorized(method, url, **kwargs)
        if self._prove and _reason(answer) == "step_up_required":
            self.reauthenticate(**self._prove())
            answer = self._authorized(method, url, **kwargs)
        return answer

    def _authorized(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        tokens = self._present()
        answer = self._send(method, url, tokens, **kwargs)
        # For no other reason: a refresh does not help against any of them.
        if _reason(answer) == "token_expired":
            tokens = self._refreshed(tokens)
            answer = self._send(method, url, tokens, **kwargs)
        if _reason(answer) == "session_ended":
            with self._changing:
                if self._tokens == tokens:  # else there has been another log-in
                    self._keep(None)
            raise SessionEnded("session_ended")
        return answer

    def _refreshed(self, used: dict[str, Any]) -> dict[str, Any]:
        with self._changing:
            tokens = self._present()
            if tokens["access"] != used["access"]:
                return tokens  # another thread was faster
            answer = self._ask_for_pair(tokens["refresh"])
            if answer.status_code == 401:
                self._keep(None)
                raise SessionEnded(_code(_body(answer)))
            if not answer.ok:
                raise Refused(answer)
            self._keep(answer.json())
            return self._present()

    def _ask_for_pair(self, refresh: str) -> requests.Response:
        body = {"refresh": refresh}
        try:
            answer = self._ask("token/refresh/", body, timeout=REFRESH_TIMEOUT)
            if answer.status_code not in LOST:
                return answer
        except (requests.ConnectionError, requests.Timeout):
            pass
        return self._ask("token/refresh/", body, timeout=REFRESH_TIMEOUT)

    def _present(self) -> dict[str, Any]:
        if self._tokens is None:
            raise SessionEnded
        return self._tokens

    def _keep(self, tokens: dict[str, Any] | None) -> None:
        self._tokens = tokens
        if self._on_change:
            self._on_change(tokens)

    def _ask(self, path: str, body: dict[str, str], timeout: float = TIMEOUT) -> requests.Response:
        return super().request("POST", self.auth_url + path, json=body, timeout=timeout)

    def _send(
        self, method: str, url: str, tokens: dict[str, Any], **kwargs: Any
    ) -> requests.Response:
        url = urljoin(self.auth_url, url)
        if urlsplit(url)[:2] != urlsplit(self.auth_url)[:2]:
            raise ValueError(f"{url} is not of the API to which the tokens belong.")
        kwargs.setdefault("timeout", TIMEOUT)
        return super().request(method, url, auth=_Bearer(tokens["access"]), **kwargs)


class _Bearer(AuthBase):
    """The header; ``requests`` leaves it out of a redirect to another host."""

    def __init__(self, access: str) -> None:
        self.access = access

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.access}"
        return request


def _reason(answer: requests.Response) -> str | None:
    """Return the code of a 401."""
    if answer.status_code != 401:
        return None
    challenge = answer.headers.get("WWW-Authenticate", "")
    said = (code for code, words in REASONS.items() if words in challenge)
    return next(said, None) or _code(_body(answer))


def _body(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _code(body: dict[str, Any]) -> str | None:
    """Return the code of an error; drf-standardized-errors puts it into a list."""
    for error in (body, *(body.get("errors") or ())):
        if isinstance(error, dict) and isinstance(error.get("code"), str):
            return str(error["code"])
    return None
