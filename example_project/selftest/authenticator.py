"""An authenticator app (RFC 6238) in the standard library: what it knows is the secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

STEP_SECONDS = 30


class Authenticator:
    def __init__(self, secret):
        self.key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        self.last_step = -1

    def code_at(self, step):
        mac = hmac.digest(self.key, step.to_bytes(8, "big"), hashlib.sha1)
        start = mac[-1] & 15
        number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
        return f"{number % 1_000_000:06}"

    @property
    def last_code(self):
        """The code that was sent last."""
        return self.code_at(self.last_step)

    def wrong_code(self):
        """Return a code that is not good now, nor in the next minute."""
        good = {self.code_at(present_step() + ahead) for ahead in range(-1, 3)}
        return next(
            code for code in ("000000", "111111", "222222", "333333", "444444") if code not in good
        )

    def use(self, send):
        """Return the answer to `send(code)`, with a code that has not been used.

        The server takes each time step once, and the present one and the one before it. So
        this begins with the one before: the present one then serves the next call, and
        no caller has to wait. Two calls in a row are always possible, a third is if time has
        passed.
        """
        answer = self._send_next(send)
        if answer.is_error() and self.last_step < present_step() - 1:
            answer = self._send_next(send)  # the clock moved on while the code was on its way
        return answer

    def _send_next(self, send):
        self.last_step = max(self.last_step + 1, present_step() - 1)
        return send(self.last_code)


def present_step():
    return int(time.time()) // STEP_SECONDS
