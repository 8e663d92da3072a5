"""Every secret that the suite gets or uses is looked for in what its tests leave behind.

Each secret that any test is answered with, and its password, must be found in no log record
(tracebacks included), security event, mail, cache or admin page that the same test has caused.
"""

from __future__ import annotations

import json
import logging
import pickle

from authkit.signals import security_event
from django.core import mail
from django.core.cache.backends import locmem
from django.test import Client

#: Members of our answers that an attacker who reads them could use.
SECRET_MEMBERS = {
    "access",
    "refresh",
    "challenge",
    "key",
    "otpauth_url",
    "recovery_codes",
    "secret",
    "ticket",
}


class Canaries(logging.Handler):
    def __init__(self, password):
        super().__init__()
        self.password = password
        self._request = Client.request
        self.begin()

    def install(self):
        logging.getLogger().addHandler(self)
        logging.getLogger("authkit").setLevel(logging.DEBUG)
        security_event.connect(self.keep)
        watch = self

        def request(client, **environ):
            response = watch._request(client, **environ)
            watch.see(environ, response)
            return response

        Client.request = request

    def begin(self):
        self.secrets = {self.password}
        self.written = {"log": [], "event": [], "admin page": []}

    def emit(self, record):
        self.written["log"].append(f"{self.format(record)} {record.args!r}")

    def keep(self, event, **kwargs):
        self.written["event"].append(repr(event))

    def see(self, environ, response):
        """Learn the secrets of an answer, or keep it if it is a page that was only looked at."""
        if response.streaming:
            return
        if response.headers.get("Content-Type", "").startswith("application/json"):
            self.secrets.update(secrets_in(json.loads(response.content or b"null")))
        elif environ.get("PATH_INFO", "").startswith("/admin/") and (
            environ["REQUEST_METHOD"] == "GET"
        ):
            self.written["admin page"].append(response.content.decode())

    def found(self):
        """Return which secrets were written, and where."""
        self.written["mail"] = [str(each.message()) for each in getattr(mail, "outbox", ())]
        self.written["cache"] = [
            f"{key} {pickle.loads(value)!r}"
            for cache in locmem._caches.values()
            for key, value in cache.items()
        ]
        return [
            f"{secret[:12]}... in the {where}: {text[:300]}"
            for where, texts in self.written.items()
            for text in texts
            for secret in self.secrets
            if secret in text
        ]


def secrets_in(body):
    """Yield what is secret in an answer, however deep it is."""
    members = body.items() if isinstance(body, dict) else ()
    for name, value in members:
        values = value if isinstance(value, list) else [value]
        for each in values:
            if name in SECRET_MEMBERS and isinstance(each, str) and len(each) >= 12:
                yield each
            else:
                yield from secrets_in(each)
    if isinstance(body, list):
        for each in body:
            yield from secrets_in(each)
